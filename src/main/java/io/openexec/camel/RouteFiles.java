package io.openexec.camel;

import io.openexec.receipt.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;

/**
 * The files of the flow, and where the actions are: a folder that holds both, or the files that
 * come with the jar, without a door, and a folder of actions.
 */
final class RouteFiles {
  private static final String ROUTE_FILE = ".camel.yaml";
  private static final String ACTIONS = "actions";
  private static final String IN_THE_JAR = "/io/openexec/routes/";
  private static final List<String> WITHOUT_DOORS =
      List.of(
          "execute.camel.yaml",
          "receipts.camel.yaml",
          "rejections.camel.yaml",
          "retries.camel.yaml");

  private final Path folder;
  private final boolean inTheJar;

  private RouteFiles(Path folder, boolean inTheJar) {
    this.folder = folder;
    this.inTheJar = inTheJar;
  }

  /** A folder with everything. */
  static RouteFiles of(Path folder) {
    return new RouteFiles(folder, false);
  }

  /** The flow that comes with the jar, with the actions of a folder. */
  static RouteFiles inTheJar(Path actions) {
    return new RouteFiles(actions, true);
  }

  /** Returns the folder of the actions. */
  Path actions() {
    return inTheJar ? folder : folder.resolve(ACTIONS);
  }

  /** Returns the folder of what the actions use: beside the folder of the actions. */
  Path resources() {
    return inTheJar
        ? Objects.requireNonNullElse(folder.toAbsolutePath().getParent(), folder)
        : folder;
  }

  /** Returns the files of the flow, in the order of their names. */
  List<Resource> flow() throws IOException {
    List<Resource> resources = new ArrayList<>();
    if (inTheJar) {
      for (String name : WITHOUT_DOORS) {
        resources.add(ResourceHelper.fromBytes(name, packaged(name)));
      }
      return resources;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(ROUTE_FILE)) {
          resources.add(ResourceHelper.fromBytes(name, Files.readAllBytes(file)));
        }
      }
    }
    return resources;
  }

  /**
   * Returns the hash over the flow, the actions and what they use, as {@link RegistryDigest} makes
   * it.
   */
  Hash digest() throws IOException {
    if (!inTheJar) {
      return RegistryDigest.of(folder);
    }
    SortedMap<String, byte[]> files = new TreeMap<>();
    for (String name : WITHOUT_DOORS) {
      files.put(name, packaged(name));
    }
    RegistryDigest.read(folder, 1).forEach((name, bytes) -> files.put(ACTIONS + "/" + name, bytes));
    Path used = resources().resolve(ActionResources.FILE);
    if (Files.isRegularFile(used)) {
      files.put(ActionResources.FILE, Files.readAllBytes(used));
    }
    return RegistryDigest.of(files);
  }

  private static byte[] packaged(String name) throws IOException {
    try (InputStream file = RouteFiles.class.getResourceAsStream(IN_THE_JAR + name)) {
      if (file == null) {
        throw new IOException("the jar lacks " + IN_THE_JAR + name);
      }
      return file.readAllBytes();
    }
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
