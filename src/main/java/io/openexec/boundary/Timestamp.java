package io.openexec.boundary;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
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
              + "(Z|[+-][0-9]{2}:[0-9]{2})?");

  private Timestamp() {}

  /** Returns the instant, taking UTC where no zone is given; empty if the text is ill-formed. */
  static Optional<Instant> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    try {
      ZoneOffset zone = matcher.group(2) == null ? ZoneOffset.UTC : ZoneOffset.of(matcher.group(2));
      return Optional.of(
          LocalDateTime.parse(matcher.group(1), DateTimeFormatter.ISO_LOCAL_DATE_TIME)
              .toInstant(zone));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
