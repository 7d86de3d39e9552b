package io.openexec.camel;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.Exchange;
import org.apache.camel.component.sql.DefaultSqlPrepareStatementStrategy;
import org.apache.camel.support.ExchangeHelper;
import org.jspecify.annotations.Nullable;

/**
 * The named parameters of statements as Camel's, but what the action's file has set, as a header or
 * a variable, comes before what the body has under that name: else a payload with one more member
 * would put its own value in the place of a constant.
 */
final class SqlParameters extends DefaultSqlPrepareStatementStrategy {

  @Override
  public String prepareQuery(
      String query, boolean allowNamedParameters, @Nullable Exchange exchange) throws SQLException {
    if (exchange == null) {
      return super.prepareQuery(query, allowNamedParameters, null);
    }
    Object body = exchange.getMessage().getBody();
    Object parameters = parameters(exchange, body);
    Exchange asked = exchange;
    if (parameters != body) {
      asked = ExchangeHelper.createCopy(exchange, true);
      asked.getMessage().setBody(parameters);
    }
    return super.prepareQuery(query, allowNamedParameters, asked);
  }

  @Override
  public Iterator<?> createPopulateIterator(
      String query, String preparedQuery, int expected, Exchange exchange, Object value)
      throws SQLException {
    Object parameters = hasNamedParameters(query) ? parameters(exchange, value) : value;
    return super.createPopulateIterator(query, preparedQuery, expected, exchange, parameters);
  }

  private static Object parameters(Exchange exchange, Object body) {
    if (!(body instanceof Map<?, ?> members)) {
      return body;
    }
    // Headers are found whatever the case of their names.
    Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    set.addAll(exchange.getVariables().keySet());
    set.addAll(exchange.getMessage().getHeaders().keySet());
    Map<Object, Object> others = new HashMap<>(members);
    others.keySet().removeIf(name -> set.contains(String.valueOf(name)));
    return others;
  }
}
