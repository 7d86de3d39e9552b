package io.openexec.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** An effectful action whose effect costs nothing, so that what is measured is what is ours. */
final class EffectfulAction {
  static final String NAME = "note";
  static final String RESULT = "{\"noted\": true}";

  private static final String DESCRIPTOR =
      """
      description: Stands for an effect, for the benchmarks.
      effect: effectful
      schema: {type: object, required: [msg], properties: {msg: {type: string}}}
      """;
  private static final String ROUTE =
      """
      - route:
          from:
            uri: direct:actions/note
            steps:
              - setBody: {constant: '{"noted": true}'}
      """;

  private EffectfulAction() {}

  /** Copies a folder of routes, and adds the action. */
  static void addTo(Path routes, Path copy) throws IOException {
    Path actions = Files.createDirectories(copy.resolve("actions"));
    for (Path folder : List.of(routes, routes.resolve("actions"))) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Files.copy(file, copy.resolve(routes.relativize(file).toString()));
        }
      }
    }
    Files.writeString(actions.resolve(NAME + ".action.yaml"), DESCRIPTOR);
    Files.writeString(actions.resolve(NAME + ".camel.yaml"), ROUTE);
  }
}
