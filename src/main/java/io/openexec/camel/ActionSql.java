package io.openexec.camel;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.apache.camel.Endpoint;
import org.apache.camel.component.sql.SqlComponent;
import org.apache.camel.component.sql.SqlEndpoint;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.PreparedStatementCallback;
import org.springframework.jdbc.core.PreparedStatementCreator;

/**
 * The component {@code sql:} of actions: Camel's own, with rows as {@link SqlRows}, which tells
 * what a database refuses from what goes wrong after a statement was executed. Camel and Spring
 * raise the same for both.
 */
final class ActionSql extends SqlComponent {
  ActionSql() {
    setRowMapperFactory(new SqlRows());
    setServiceLocationEnabled(false);
  }

  /** Camel looks up what sets the options by this name. */
  @Override
  public String getDefaultName() {
    return "sql";
  }

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    SqlEndpoint endpoint = (SqlEndpoint) super.createEndpoint(uri, remaining, parameters);
    // One more than may be: else a driver would have all of them in memory, however many.
    endpoint.getJdbcTemplate().setMaxRows(SqlRows.MAX_ROWS + 1);
    endpoint.setPrepareStatementStrategy(new SqlParameters());
    DataSource source = endpoint.getJdbcTemplate().getDataSource();
    if (source instanceof ActionDatabase.ReadOnlyPool) {
      ActionSqlGate.checkReads(endpoint.getQuery());
    } else if (source != null) {
      endpoint.setJdbcTemplate(
          new Statements(source, ActionSqlGate.mayChange(endpoint.getQuery())));
    }
    return endpoint;
  }

  private static final class Statements extends JdbcTemplate {
    private final boolean mayChange;

    Statements(DataSource source, boolean mayChange) {
      super(source);
      setMaxRows(SqlRows.MAX_ROWS + 1);
      setExceptionTranslator(new SqliteErrors());
      this.mayChange = mayChange;
    }

    @Override
    public <T extends @Nullable Object> T execute(
        PreparedStatementCreator creator, PreparedStatementCallback<T> work) {
      return super.execute(
          creator,
          statement -> {
            // Each statement is a transaction of its own.
            AtomicBoolean executed = new AtomicBoolean(mayChange);
            checkTime();
            try {
              return work.doInPreparedStatement(watched(statement, executed));
            } catch (SQLException | RuntimeException e) {
              if (executed.get()) {
                throw new AfterStatement(e);
              }
              throw e;
            }
          });
    }

    /** To have a connection may have taken long. */
    private static void checkTime() {
      try {
        Effects.checkConnected();
      } catch (NotConnected e) {
        throw new CannotGetJdbcConnectionException("in time", new SQLException(e));
      }
    }

    private static PreparedStatement watched(PreparedStatement statement, AtomicBoolean executed) {
      return (PreparedStatement)
          Proxy.newProxyInstance(
              ActionSql.class.getClassLoader(),
              new Class<?>[] {PreparedStatement.class},
              (proxy, method, arguments) -> {
                try {
                  Object answer = method.invoke(statement, arguments);
                  if (method.getName().startsWith("execute")) {
                    executed.set(true);
                  }
                  return answer;
                } catch (InvocationTargetException e) {
                  throw e.getTargetException();
                }
              });
    }
  }
}
