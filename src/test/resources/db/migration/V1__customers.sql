-- Of an application that OpenExec is part of: where Flyway looks by default. Nothing of ours runs it.
CREATE TABLE customers (id INTEGER NOT NULL PRIMARY KEY);
