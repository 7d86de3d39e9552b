package io.openexec.camel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;
import org.snakeyaml.engine.v2.schema.JsonSchema;
import org.snakeyaml.engine.v2.schema.Schema;

/**
 * YAML with one meaning, by the parser that Camel's YAML DSL uses: one document in UTF-8, no
 * duplicate keys, no tags. A tag can make something else of a text than the text that Camel reads:
 * {@code !!null "CamelFileName"} is null to a constructor of values, and a name to Camel.
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
    return parse(utf8, new JsonSchema());
  }

  /**
   * Parses a document of Camel's, which reads every scalar as the text that stands there: so does
   * this, whatever other YAML parsers would make of it.
   *
   * @throws IllegalArgumentException saying what is wrong, in one line
   */
  static JsonNode parseTexts(byte[] utf8) {
    return parse(utf8, new FailsafeSchema());
  }

  private static JsonNode parse(byte[] utf8, Schema schema) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
      LoadSettings settings =
          LoadSettings.builder()
              .setSchema(schema)
              .setAllowDuplicateKeys(false)
              .setAllowNonScalarKeys(false)
              .setMaxAliasesForCollections(0)
              .build();
      boolean isEmpty = true;
      for (Event event : new Parse(settings).parseString(text)) {
        if (hasTag(event)) {
          throw new IllegalArgumentException("its YAML has a tag (!…): write the value itself");
        }
        isEmpty &= !(event instanceof NodeEvent);
      }
      if (isEmpty) {
        return MissingNode.getInstance();
      }
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

  private static boolean hasTag(Event event) {
    return (event instanceof ScalarEvent scalar && scalar.getTag().isPresent())
        || (event instanceof CollectionStartEvent collection && collection.getTag().isPresent());
  }
}
