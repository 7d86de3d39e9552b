package io.openexec.camel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * YAML with one meaning, by the parser that Camel's YAML DSL uses: one document in UTF-8, no
 * duplicate keys, no tags that construct anything.
 */
final class StrictYaml {
  private static final JsonMapper MAPPER = new JsonMapper();

  private StrictYaml() {}

  /**
   * Parses a document.
   *
   * @throws IllegalArgumentException saying what is wrong, in one line
   */
  static JsonNode parse(byte[] utf8) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      LoadSettings settings =
          LoadSettings.builder()
              .setAllowDuplicateKeys(false)
              .setAllowNonScalarKeys(false)
              .setMaxAliasesForCollections(0)
              .build();
      return MAPPER.valueToTree(new Load(settings).loadFromString(text));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("it is not UTF-8", e);
    } catch (StackOverflowError e) {
      throw new IllegalArgumentException("it is nested too deeply", e);
    } catch (YamlEngineException e) {
      throw new IllegalArgumentException(
          "it is not YAML as it has to be: "
              + String.valueOf(e.getMessage()).replaceAll("\\s+", " "),
          e);
    }
  }
}
