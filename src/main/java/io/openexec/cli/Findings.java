package io.openexec.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a verification found, in order. What was not verified is said as plainly as what was. */
final class Findings {
  private final List<Finding> all = new ArrayList<>();

  /** What was found of one statement. */
  enum Verdict {
    HOLDS,
    FAILS,
    NOT_VERIFIED
  }

  private record Finding(Verdict verdict, String about, String statement) {}

  void holds(String about, String statement) {
    all.add(new Finding(Verdict.HOLDS, about, statement));
  }

  void fails(String about, String statement) {
    all.add(new Finding(Verdict.FAILS, about, statement));
  }

  void notVerified(String about, String statement) {
    all.add(new Finding(Verdict.NOT_VERIFIED, about, statement));
  }

  boolean nothingFails() {
    return all.stream().noneMatch(finding -> finding.verdict == Verdict.FAILS);
  }

  void print(PrintWriter out) {
    for (Finding finding : all) {
      String verdict =
          switch (finding.verdict) {
            case HOLDS -> "holds        ";
            case FAILS -> "DOES NOT HOLD";
            case NOT_VERIFIED -> "not verified ";
          };
      out.println(verdict + "  " + finding.about + ": " + finding.statement);
    }
  }

  ArrayNode json() {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (Finding finding : all) {
      ObjectNode object = array.addObject();
      object.put("verdict", finding.verdict.name().toLowerCase(Locale.ROOT));
      object.put("about", finding.about);
      object.put("statement", finding.statement);
    }
    return array;
  }
}
