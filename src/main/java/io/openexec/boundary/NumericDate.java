package io.openexec.boundary;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Optional;

/** Instants as seconds since 1970 in UTC, with or without a fraction (RFC 7519, section 2). */
final class NumericDate {
  /** What such a number has to be, for refusals. */
  static final String FORM = "a number of seconds since 1970";

  private static final double YEAR_9999 = 253_402_300_799.0;
  private static final int NANO_DIGITS = 9;

  private NumericDate() {}

  /** Returns the instant; empty if it is not a number from 1970 to the end of the year 9999. */
  static Optional<Instant> parse(JsonNode node) {
    if (!node.isNumber() || !(node.doubleValue() >= 0) || node.doubleValue() > YEAR_9999) {
      return Optional.empty();
    }
    BigDecimal seconds = node.decimalValue();
    long whole = seconds.longValue();
    long nanos =
        seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(NANO_DIGITS).longValue();
    return Optional.of(Instant.ofEpochSecond(whole, nanos));
  }
}
