package io.openexec.audit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an audit came to: what was looked at, what was believed unseen, and what does not fit. */
public final class Report {
  private final Map<String, Long> checked = new LinkedHashMap<>();
  private final List<String> trusted = new ArrayList<>();
  private @Nullable Misfit misfit;

  Report() {}

  void count(String what, long more) {
    checked.merge(what, more, Long::sum);
  }

  void trust(String what) {
    trusted.add(what);
  }

  void end(Misfit first) {
    misfit = first;
  }

  /** Returns whether everything that was looked at fits. */
  public boolean holds() {
    return misfit == null;
  }

  /** Returns the first thing that does not fit. */
  public Optional<Misfit> misfit() {
    return Optional.ofNullable(misfit);
  }

  /** Returns how many things of each kind were checked, up to the first that does not fit. */
  public Map<String, Long> checked() {
    return Collections.unmodifiableMap(checked);
  }

  /** Returns what was taken on trust, a sentence each. */
  public List<String> trusted() {
    return List.copyOf(trusted);
  }
}
