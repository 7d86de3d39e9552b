package io.openexec.boundary;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Instants in the one spelling that an approval may use. The signature covers the concatenation of
 * the members, so a looser parser would let one signature mean another expiry.
 */
final class Timestamp {
  // [0-9] and not \d, which a flag could widen beyond ASCII.
  private static final Pattern FORM =
      Pattern.compile(
          "([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,9})?)"
              + "(?:Z|([+-])([0-9]{2}):([0-9]{2}))?");

  private Timestamp() {}

  /** Returns the instant, taking UTC where no zone is given; empty if the text is ill-formed. */
  static Optional<Instant> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      Instant local =
          LocalDateTime.parse(matcher.group(1), DateTimeFormatter.ISO_LOCAL_DATE_TIME)
              .toInstant(ZoneOffset.UTC);
      return matcher.group(2) == null
          ? Optional.of(local)
          : Optional.of(local.minus(offset(matcher)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** RFC 3339, section 5.6: any hour and minute of a day, more than {@link ZoneOffset} knows. */
  private static Duration offset(Matcher matcher) {
    LocalTime clock =
        LocalTime.of(Integer.parseInt(matcher.group(3)), Integer.parseInt(matcher.group(4)));
    Duration east = Duration.ofSeconds(clock.toSecondOfDay());
    return matcher.group(2).equals("-") ? east.negated() : east;
  }
}
