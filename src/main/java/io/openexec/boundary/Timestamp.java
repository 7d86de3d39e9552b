package io.openexec.boundary;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Instants in the one spelling that an approval may use. The signature covers the concatenation of
 * the members, so a looser parser would let one signature mean another expiry.
 */
final class Timestamp {
  // [0-9] and not \d, which a flag could widen beyond ASCII.
  private static final Pattern FORM =
      Pattern.compile(
          "([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\\.([0-9]{1,9}))?"
              + "(?:Z|([+-])([0-9]{2}):([0-9]{2}))?");
  private static final String NANOS = "000000000";

  private Timestamp() {}

  /** Returns the instant, taking UTC where no zone is given; empty if the text is ill-formed. */
  static Optional<Instant> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      // Not by a DateTimeFormatter, which takes several times as long.
      Instant local =
          LocalDateTime.of(
                  number(matcher, 1),
                  number(matcher, 2),
                  number(matcher, 3),
                  number(matcher, 4),
                  number(matcher, 5),
                  number(matcher, 6),
                  nanos(matcher.group(7)))
              .toInstant(ZoneOffset.UTC);
      return matcher.group(8) == null
          ? Optional.of(local)
          : Optional.of(local.minus(offset(matcher)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** RFC 3339, section 5.6: any hour and minute of a day, more than {@link ZoneOffset} knows. */
  private static Duration offset(Matcher matcher) {
    Duration east =
        Duration.ofSeconds(LocalTime.of(number(matcher, 9), number(matcher, 10)).toSecondOfDay());
    return matcher.group(8).equals("-") ? east.negated() : east;
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  private static int nanos(@Nullable String fraction) {
    return fraction == null ? 0 : Integer.parseInt((fraction + NANOS).substring(0, NANOS.length()));
  }
}
