package io.openexec.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * One row of the table: what a service does, and over which database.
 *
 * @param stored whether many executions are in the database before
 */
record Row(Kind kind, Engine engine, boolean stored) {

  /** What a service does with a request. */
  enum Kind {
    BARE("bare"),
    EVENT_LOOP("event-loop"),
    DEMO_PURE("demo/pure"),
    CLAWSHIELD_PURE("clawshield/pure"),
    CLAWSHIELD_EFFECTFUL("clawshield/effectful");

    private final String label;

    Kind(String label) {
      this.label = label;
    }
  }

  /** Where a service keeps its record. */
  enum Engine {
    NONE,
    SQLITE,
    POSTGRESQL
  }

  /** What ratios are to. */
  static final Row BARE = new Row(Kind.BARE, Engine.NONE, false);

  /** All rows, in the order in which they are printed. */
  static List<Row> all() {
    List<Row> rows = new ArrayList<>(List.of(BARE, new Row(Kind.EVENT_LOOP, Engine.NONE, false)));
    for (Engine engine : List.of(Engine.SQLITE, Engine.POSTGRESQL)) {
      rows.add(new Row(Kind.DEMO_PURE, engine, false));
      rows.add(new Row(Kind.DEMO_PURE, engine, true));
      rows.add(new Row(Kind.CLAWSHIELD_PURE, engine, false));
      rows.add(new Row(Kind.CLAWSHIELD_EFFECTFUL, engine, false));
    }
    return rows;
  }

  /** Returns the name by which {@code --rows} selects it, as a prefix. */
  String name() {
    return kind.label
        + (stored ? "+stored" : "")
        + switch (engine) {
          case NONE -> "";
          case SQLITE -> "@sqlite";
          case POSTGRESQL -> "@postgresql";
        };
  }

  /** Whether it is a route without any of the service. */
  boolean bare() {
    return engine == Engine.NONE;
  }

  boolean signed() {
    return kind == Kind.CLAWSHIELD_PURE || kind == Kind.CLAWSHIELD_EFFECTFUL;
  }
}
