package io.openexec.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Instants as approvals write them. */
final class Instants {
  private static final Pattern TEXT =
      Pattern.compile(
          "(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?)"
              + "(?:Z|([+-])(\\d\\d:\\d\\d))?");
  private static final BigDecimal YEAR_9999 = BigDecimal.valueOf(253_402_300_799L);
  private static final int NANO_DIGITS = 9;

  private Instants() {}

  /** Reads an artifact's: ISO 8601, in UTC unless it has an offset. Empty if it is none. */
  static Optional<Instant> ofText(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    try {
      Instant local = LocalDateTime.parse(parts.group(1)).toInstant(ZoneOffset.UTC);
      if (parts.group(2) == null) {
        return Optional.of(local);
      }
      Duration offset = Duration.between(LocalTime.MIDNIGHT, LocalTime.parse(parts.group(3)));
      return Optional.of(parts.group(2).equals("+") ? local.minus(offset) : local.plus(offset));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Reads a NumericDate (RFC 7519, section 2), up to the year 9999. Empty if it is none. */
  static Optional<Instant> ofNumber(JsonNode number) {
    if (!number.isNumber()
        || number.decimalValue().signum() < 0
        || number.decimalValue().compareTo(YEAR_9999) > 0) {
      return Optional.empty();
    }
    BigDecimal[] seconds = number.decimalValue().divideAndRemainder(BigDecimal.ONE);
    return Optional.of(
        Instant.ofEpochSecond(
            seconds[0].longValue(), seconds[1].movePointRight(NANO_DIGITS).longValue()));
  }
}
