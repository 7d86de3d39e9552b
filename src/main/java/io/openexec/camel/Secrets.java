package io.openexec.camel;

import com.fasterxml.jackson.databind.JsonNode;
import io.openexec.receipt.JsonRefused;
import io.openexec.receipt.StrictJson;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What actions log in with, by name: from the environment, and from a file that only its owner may
 * read. The values are in no text that is made of this, and in no message.
 */
public final class Secrets {
  private static final int MAX_BYTES = 1_048_576;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,127}");
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{secret:([^}]*)}");
  private static final Set<PosixFilePermission> OWNER =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final Map<String, String> environment;
  private final Map<String, String> file;

  private Secrets(Map<String, String> environment, Map<String, String> file) {
    this.environment = Map.copyOf(environment);
    this.file = Map.copyOf(file);
  }

  /**
   * Returns the secrets of an environment alone.
   *
   * @param environment the environment variables
   */
  public static Secrets of(Map<String, String> environment) {
    return new Secrets(environment, Map.of());
  }

  /**
   * Returns the secrets of a file and of an environment; what is in both is the file's.
   *
   * @param environment the environment variables
   * @param file at most 1 MiB of UTF-8: a JSON object of strings, or the lines {@code NAME=value}
   *     of Java's properties
   * @throws IOException if it cannot be read, others than its owner may read it, or it holds
   *     something else; the message says so in one line, and repeats no value
   */
  public static Secrets read(Map<String, String> environment, Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException(file + " is not a file");
    }
    if (Files.getFileStore(file).supportsFileAttributeView("posix")
        && !OWNER.containsAll(Files.getPosixFilePermissions(file))) {
      throw new IOException(file + " can be used by others than its owner; chmod 600 it");
    }
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
    }
    byte[] content = Files.readAllBytes(file);
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (IOException e) {
      throw new IOException(file + " is not UTF-8", e);
    }
    return new Secrets(environment, text.startsWith("{") ? json(file, text) : lines(file, text));
  }

  // Without causes: those of parsers repeat what they could not parse.

  private static Map<String, String> json(Path file, String text) throws IOException {
    JsonNode root;
    try {
      root = StrictJson.parse(text);
    } catch (JsonRefused e) {
      throw new IOException(file + " is not strict JSON: " + e.getMessage());
    }
    Map<String, String> secrets = new HashMap<>();
    for (Map.Entry<String, JsonNode> secret : root.properties()) {
      check(file, secret.getKey(), secret.getValue().isTextual());
      secrets.put(secret.getKey(), secret.getValue().textValue());
    }
    return secrets;
  }

  private static Map<String, String> lines(Path file, String text) throws IOException {
    Properties lines = new Properties();
    try {
      lines.load(new StringReader(text));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " has a \\u that is not followed by four hex digits");
    }
    Map<String, String> secrets = new HashMap<>();
    for (String name : lines.stringPropertyNames()) {
      check(file, name, true);
      secrets.put(name, lines.getProperty(name));
    }
    return secrets;
  }

  /** A name that is none may be a value that went astray, and is not repeated. */
  private static void check(Path file, String name, boolean isText) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new IOException(file + " has a name that is not letters, digits, _ . and -");
    }
    if (!isText) {
      throw new IOException(file + ": the value of " + name + " is not a string");
    }
  }

  /** Returns whether there is a secret of that name, and not an empty one. */
  boolean has(String name) {
    return get(name).isPresent();
  }

  private Optional<String> get(String name) {
    String value = file.getOrDefault(name, environment.get(name));
    return Optional.ofNullable(value).filter(text -> !text.isEmpty());
  }

  /** Returns whether a text is a reference to a secret, and nothing else. */
  static boolean isReference(String text) {
    return REFERENCE.matcher(text).matches();
  }

  /** Returns whether a secret is part of a text. */
  static boolean isReferredToBy(String text) {
    return REFERENCE.matcher(text).find();
  }

  /**
   * Puts the secrets in where a text says {@code ${secret:NAME}}.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  String resolve(String text) {
    Matcher reference = REFERENCE.matcher(text);
    StringBuilder resolved = new StringBuilder();
    while (reference.find()) {
      String name = reference.group(1);
      String value =
          get(name)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "there is no secret "
                              + name
                              + ": set it in the environment, or in the file that"
                              + " OPENEXEC_SECRETS names"));
      reference.appendReplacement(resolved, Matcher.quoteReplacement(value));
    }
    return reference.appendTail(resolved).toString();
  }

  @Override
  public String toString() {
    return "Secrets[" + file.size() + " of a file]";
  }
}
