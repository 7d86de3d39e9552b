package io.openexec.camel;

import com.networknt.schema.ExecutionContext;
import com.networknt.schema.Format;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The format {@code date-time} (RFC 3339, section 5.6), all of the text: the library's own passes
 * over what comes after the zone. There are no leap seconds.
 */
final class DateTimeFormat implements Format {
  private static final Pattern FORM =
      Pattern.compile(
          "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})");

  @Override
  public String getName() {
    return "date-time";
  }

  @Override
  public boolean matches(ExecutionContext context, String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    if (!FORM.matcher(upper).matches()) {
      return false;
    }
    try {
      var unused = OffsetDateTime.parse(upper);
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }
}
