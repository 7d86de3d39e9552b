package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each kind of action file that DESIGN section 7 refuses stops the start, with the reason in one
 * line.
 */
class SealedRegistryTest {
  private static final String EFFECTFUL = "description: d\nschema: {type: object}\n";
  private static final String PURE = EFFECTFUL + "effect: pure\n";
  @TempDir Path directory;

  private void assertRefused(TestService.Setup setup, String reason) {
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining(reason)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n")
        .contains(directory.toString());
    assertThat(Files.exists(setup.database())).as("nothing is left behind").isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // dynamic endpoints
        "toD: 'file:${body[dir]}'|computed from a request",
        "recipientList: {simple: '${body[to]}'}|computed from a request",
        "routingSlip: {simple: '${body[to]}'}|computed from a request",
        "dynamicRouter: {simple: '${body[to]}'}|computed from a request",
        "enrich: {simple: '${body[to]}'}|computed from a request",
        "pollEnrich: {constant: 'file:x'}|computed from a request",
        "to: 'file:${body[dir]}'|must be constant",
        "to: {uri: 'file:out', parameters: {fileName: '${body[name]}'}}|must be constant",
        "to: 'file:out?fileName=$simple{body[name]}'|must be constant",
        "to: {uri: 'sql:x', parameters: {useMessageBodyForSql: true}}|may not use the option",
        "to: 'sql:x?useMessageBodyForSql=true'|may not use the option",
        "to: 'sql:x?batch=true'|may not use the option",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT 1', outputType: StreamList}}|SelectList or SelectOne",
        // more than a statement, and what outlives it
        "to: {uri: 'sql:x', parameters: {query: 'INSERT INTO t VALUES (1); COMMIT'}}|takes one statement",
        "to: {uri: 'sql:x', parameters: {query: \"SELECT /* ; */ ';'; DROP TABLE t\"}}|takes one statement",
        "to: 'sql:BEGIN'|begins with one of",
        "to: {uri: 'sql:x', parameters: {query: ' begin immediate'}}|begins with one of",
        "to: {uri: 'sql:x', parameters: {query: '/* SELECT */ COMMIT'}}|begins with one of",
        "to: {uri: 'sql:x', parameters: {query: 'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE'}}|begins with one of",
        "to: {uri: 'sql:x', parameters: {query: 'PRAGMA query_only = false'}}|begins with one of",
        "to: {uri: 'sql:x', parameters: {query: \"DO 'BEGIN COMMIT; END'\"}}|begins with one of",
        // scripting languages, beans, methods, properties
        "script: {groovy: '1'}|runs code",
        "setBody: {groovy: '1'}|'groovy' is not allowed",
        "setBody: {ref: x}|'ref' is not allowed",
        "setBody: {method: {ref: x}}|'method' is not allowed",
        "setBody: {expression: {simple: '1'}}|'expression' is not allowed",
        "setBody: {simple: {expression: '${body}'}}|must be plain text",
        "setBody: {simple: '${bean:x}'}|is not allowed",
        "setBody: {simple: '${body.getClass}'}|is not allowed",
        "setBody: {simple: '${body[a].length()}'}|is not allowed",
        "setBody: {simple: '${body[${header.a}]}'}|is not allowed",
        "setBody: {simple: '${properties:x}'}|is not allowed",
        "setBody: {simple: '${env:HOME}'}|is not allowed",
        "setBody: {simple: '${sys.user.dir}'}|is not allowed",
        "setBody: {simple: '${camelContext.stop}'}|is not allowed",
        "setBody: {simple: '${exchangeProperty.x}'}|is not allowed",
        "setBody: {simple: '${random(1,2)}'}|is not allowed",
        "setBody: {simple: '${body'}|is not allowed",
        "setBody: {simple: '$simple{env:HOME}'}|write functions",
        "setBody: {simple: '$init{ $a := 1 }init$'}|write functions",
        "setBody: {simple: '{{env:HOME}}'}|property placeholders",
        "setBody: {simple: 'resource:file:/etc/passwd'}|resources from elsewhere",
        "setBody: {constant: 'resource:file:/etc/passwd'}|resources from elsewhere",
        "setBody: {constant: 'RESOURCE:classpath:x'}|resources from elsewhere",
        "to: 'file:{{env:HOME}}'|property placeholders",
        "bean: {ref: nonces}|runs code",
        "process: {ref: dispatch}|runs code",
        "to: 'bean:nonces?method=clear'|is refused",
        "to: 'class:java.lang.Runtime'|is refused",
        "to: 'language:simple:x'|is refused",
        "to: 'ref:x'|is refused",
        "to: {uri: 'sql:x', parameters: {dataSource: '#class:evil.Source'}}|construct nothing",
        "to: 'sql:x?dataSource=#class:evil.Source'|construct nothing",
        "to: 'sql:x?dataSource=#type:javax.sql.DataSource'|construct nothing",
        // what Camel would decode or resolve after the check
        "to: 'file:out?fileName=%24%7Bbody%7D'|plain text",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT a + b'}}|reads as a space",
        "setHeader: {name: CamelSqlQuery, constant: BEGIN}|the place of what an sql: step says",
        "setHeader: {name: cAMELSQLquery, constant: BEGIN}|the place of what an sql: step says",
        "to: 'sql:CREATE TEMP TABLE item (id integer)'|keeps something in the session",
        "to: 'sql:create local temporary table item (id integer)'|keeps something in the session",
        "to: 'sql:CREATE TABLE IF NOT EXISTS temp.item (id integer)'|keeps something in the session",
        "to: 'sql:CREATE TABLE pg_temp.item (id integer)'|keeps something in the session",
        "to: 'sql:SELECT 1 AS id INTO TEMP item'|keeps something in the session",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT set_config(:#a, :#b, false)'}}|keeps something",
        "to: 'sql-stored:fill(INTEGER :#id)?dataSource=#x'|also after the action's time is over",
        "to: {uri: 'sql:x', parameters: {query: 'INSERT INTO t VALUES (''order #5'')'}}|read as one",
        "to: {uri: 'sql:x', parameters: {query: 'INSERT INTO t VALUES (''see :#id'')'}}|read as one",
        "to: {uri: 'sql:x', parameters: {query: 'INSERT INTO t VALUES (''a:?b'', :#id)'}}|read as one",
        "to: 'sql:INSERT INTO t VALUES (#)'|read as one",
        "to: 'sql:SELECT pg_advisory_lock(1)'|keeps something in the session",
        "to: {uri: 'sql:SELECT /* /* */ SELECT */ 1'}|in different ways",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT E''it\\''s'''}}|in different ways",
        "to: {uri: 'sql:x', parameters: {query: 'classpath:q.sql'}}|resource elsewhere",
        "throwException: {exceptionType: io.openexec.execution.NothingDone, message: 'No way'}|reason code",
        "to: {uri: 'file:out', parameters: {fileName: '%24%7Bbody%7D'}}|plain text",
        "to: 'sql:x?dataSource=%23class:evil.Source'|plain text",
        "to: {uri: 'sql:x', parameters: {dataSource: 'RAW(#class:evil.Source)'}}|plain text",
        "to: {uri: 'sql:x', parameters: {dataSource: 'RAW{#class:evil.Source}'}}|plain text",
        "to: 'sql:x?useMessageBodyFor%53ql=true'|plain text",
        "to: 'sql:x?use-message-body-for-sql=true'|may not use the option",
        "to: 'sql:x?outputHeader=CamelFileName'|may not use the option",
        "to: 'sql:x?outputClass=evil.Row'|may not use the option",
        "to: 'sql:file:/tmp/q.sql'|resource elsewhere",
        "to: 'sql:classpath:q.sql'|resource elsewhere",
        "to: 'trace:x?output-header=CamelFileName'|lets a message steer",
        "to: 'trace:x?Use-Message-Body-For-X=1'|lets a message steer",
        "to: 'file:out?unknown=1'|may not use the option",
        // control headers from the payload
        "setHeader: {name: CamelFileName, simple: '${body[name]}'}|plain name",
        "setHeader: {name: cAMELFileName, simple: '${body[name]}'}|plain name",
        "setHeader: {name: camelFileName, simple: '${body[name]}'}|plain name",
        "setHeader: {name: kafka.OVERRIDE_TOPIC, simple: '${body[t]}'}|plain name",
        "setHeader: {name: JMSDestination, simple: '${body[t]}'}|plain name",
        "setHeader: {name: host, simple: '${body[t]}'}|plain name",
        "setHeader: {name: '${body[n]}', simple: x}|plain name",
        "setHeader: {name: '${body[n]}', constant: x}|must be constant",
        "setVariable: {name: 'global:x', simple: x}|plain name",
        // what a constructor of YAML values reads, and Camel does not
        "setHeader: {name: !!null 'CamelSqlQuery', simple: '${body[sql]}'}|has a tag",
        "setHeader: {name: !!bool CamelFileName, simple: '${body[name]}'}|has a tag",
        "setVariable: {name: !!null 'global:x', simple: x}|has a tag",
        "to: !!str 'sql:SELECT 1'|has a tag",
        "setBody: !!map {constant: x}|has a tag",
        "setHeader: {name: 0x1F, simple: x}|'0x1F': a value that is not constant",
        "setHeader: {name: {x: y}, simple: x}|must be plain text",
        // names in quotes, and brackets, which databases read differently
        "to: {uri: 'sql:x', parameters: {query: 'SELECT \"set_config\"(:#a, :#b, false)'}}|keeps something",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT U&\"set\\005fconfig\"(:#a, :#b, false)'}}|in different ways",
        "to: {uri: 'sql:x', parameters: {query: 'UPDATE pg_settings SET setting = :#a'}}|keeps something",
        "to: {uri: 'sql:x', parameters: {query: 'CREATE TABLE \"temp\".acc AS SELECT 1'}}|keeps something",
        "to: {uri: 'sql:x', parameters: {query: 'CREATE TABLE `temp`.acc AS SELECT 1'}}|keeps something",
        "to: {uri: 'sql:x', parameters: {query: 'CREATE TABLE [temp].acc AS SELECT 1'}}|keeps something",
        "to: {uri: 'sql:x', parameters: {query: 'CREATE TABLE ''temp'' .acc AS SELECT 1'}}|keeps something",
        "to: {uri: 'sql:x', parameters: {query: 'WITH [a''] AS (SELECT 1) SELECT [''b]'}}|in brackets",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT query_to_xml(:#q, true, true, :#s)'}}|write that statement here",
        "to: {uri: 'sql:x', parameters: {query: 'SELECT * FROM ts_stat(''SELECT 1'')'}}|write that statement here",
        "setHeaders: {headers: []}|not a step",
        "setProperty: {name: CamelFileName, simple: x}|steer Camel itself",
        // asynchronous
        "wireTap: 'file:x'|asynchronously",
        "threads: {poolSize: 2}|asynchronously",
        "multicast: {steps: [{to: 'file:x'}]}|asynchronously",
        "delay: {constant: 1}|asynchronously",
        "aggregate: {constant: 1}|asynchronously",
        "to: 'seda:x'|is refused",
        "to: 'direct:execute'|is refused",
        "to: 'direct:actions/echo'|is refused",
        "to: 'timer:x'|is refused",
        "to: 'controlbus:route?routeId=x&action=stop'|is refused",
        "to: 'queue:openexec.receipts'|is refused",
        // over HTTP
        "to: 'http://h/p'|needs httpMethod: POST",
        "to: 'http://h/p?httpMethod=GET'|needs httpMethod: POST",
        "to: 'https://h/p?httpMethod=post'|needs httpMethod: POST",
        "to: 'http:h/p?httpMethod=POST'|needs a fixed address",
        "to: 'http:http://h/p?httpMethod=POST'|resource elsewhere",
        "to: 'http:https://h/p?httpMethod=POST'|resource elsewhere",
        "to: 'https://u:p@h/p?httpMethod=POST'|needs a fixed address",
        "to: 'https://h#f?httpMethod=POST'|needs a fixed address",
        "to: {uri: 'https://', parameters: {httpMethod: POST}}|needs a fixed address",
        "to: {uri: 'https://h/a b', parameters: {httpMethod: POST}}|needs a fixed address",
        "to: {uri: 'https://h/${body[path]}', parameters: {httpMethod: POST}}|must be constant",
        "to: {uri: 'https://h/%2e', parameters: {httpMethod: POST}}|plain text",
        "to: 'https://h/p?httpMethod=POST&a=b'|may not use the option a",
        "to: 'https://h/p?httpMethod=POST&bridgeEndpoint=true'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&followRedirects=true'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&httpClient.redirectsEnabled=true'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&headerFilterStrategy=#x'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&skipControlHeaders=false'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&x509HostnameVerifier=#x'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&sslContextParameters=#x'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&useSystemProperties=true'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&proxyHost=x'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&authPassword=x'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&cookieStore=#x'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&throwExceptionOnFailure=false'|may not use the option",
        "to: 'https://h/p?httpMethod=POST&http-method=GET'|may not use the option",
        "to: {uri: 'https://h/p?httpMethod=GET', parameters: {httpMethod: POST}}|is there twice",
        "to: 'https://h/p?httpMethod=POST&httpMethod=GET'|is there twice",
        "to: 'https://h/p?httpMethod=POST&responseTimeout=0'|is milliseconds",
        "to: 'https://h/p?httpMethod=POST&connectTimeout=5s'|is milliseconds",
        "to: 'https://h/p?httpMethod=POST&okStatusCodeRange=100-599'|is status codes",
        "to: 'https://h/p?httpMethod=POST&httpClientConfigurer=#class:evil.C'|construct nothing",
        "to: 'http://h/p?httpMethod=POST&httpClientConfigurer=#node'|go over https",
        "to: 'http://localhost.h/p?httpMethod=POST&httpClientConfigurer=#node'|go over https",
        "to: 'http://127.0.0.1.h/p?httpMethod=POST&httpClientConfigurer=#node'|go over https",
        // to queues
        "to: 'amqp:queue:orders'|needs connectionFactory",
        "to: 'jms:queue:orders'|needs connectionFactory",
        "to: 'amqp:queue:orders?connectionFactory=broker'|needs connectionFactory",
        "to: 'amqp:queue:orders?connectionFactory=#class:a.B'|may name a bean",
        "to: 'amqp:temp-queue:orders?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp:queue://orders?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp:queue:a?connectionFactory=#b&exchangePattern=InOut'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&replyTo=other'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&deliveryPersistent=false'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&headerFilterStrategy=#x'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&messageConverter=#x'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&transacted=true'|may not use the option",
        "to: 'jms:queue:a?connectionFactory=#b&username=x'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&timeToLive=-1'|is milliseconds",
        "to: 'amqp:queue:a?connectionFactory=#b&priority=10'|is 0 to 9",
        "to: 'amqp:queue:a?connectionFactory=#b&transferExchange=true'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&preserveMessageQos=true'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&jmsMessageType=Object'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&destinationResolver=#x'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&allowAdditionalHeaders=*'|may not use the option",
        "to: 'amqp:queue:a?connectionFactory=#b&connection-factory=#c'|may not use the option",
        "to: {uri: 'amqp:queue:a?connectionFactory=#b', parameters: {connectionFactory: '#c'}}|is there twice",
        "to: 'amqp:queue:temp-queue:x?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp:queue:topic:x?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp://queue:x?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp:queue:/x?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp:queue:?connectionFactory=#b'|needs a fixed destination",
        "to: 'amqp:queue:${body[q]}?connectionFactory=#b'|must be constant",
        // redelivery and swallowed errors
        "doTry: {steps: [{to: 'file:x'}]}|redelivery",
        "circuitBreaker: {steps: [{to: 'file:x'}]}|redelivery",
        "onFallback: {steps: []}|redelivery",
        // not steps at all, in any spelling
        "set-body: {constant: x}|not a step",
        "loop: {constant: 2, steps: [{to: 'file:x'}]}|not a step",
        "split: {simple: '${body}', steps: [{to: 'file:x'}]}|not a step",
        "log: '${body}'|not a step",
        "to: file|not an endpoint URI",
        "to: {uri: 'file:x', pattern: InOnly}|'pattern' is not allowed",
        "filter: {simple: 'true', steps: [{toD: 'x:y'}]}|computed from a request",
        "choice: {when: [{simple: '${bean:x}', steps: [{to: 'file:x'}]}]}|is not allowed",
        "choice: {when: [{groovy: 'true', steps: [{to: 'file:x'}]}]}|'groovy' is not allowed",
        "choice: {when: [], otherwise: {steps: [{script: {groovy: x}}]}}|runs code",
        "choice: {precondition: true, when: []}|'precondition' is not allowed",
        "marshal: {jaxb: {}}|'jaxb' is not allowed",
        "unmarshal: {json: {unmarshalType: java.lang.ProcessBuilder}}|'unmarshalType' is not allowed",
      })
  void refusedSteps(String step, String reason) {
    assertRefused(new TestService.Setup(directory).action("bad", EFFECTFUL, step), reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- route: {from: {uri: 'timer:x', steps: [{to: 'builtin:echo'}]}}|no consumer of its own",
        "- route: {from: {uri: 'direct:execute', steps: [{to: 'builtin:echo'}]}}|no consumer of its own",
        "- route: {from: {uri: 'direct:actions/echo', steps: [{to: 'builtin:echo'}]}}|no consumer of its own",
        "- route: {from: {uri: 'direct:actions/bad', parameters: {block: true}, steps: [{to: 'builtin:echo'}]}}|'parameters'",
        "- route: {errorHandler: {defaultErrorHandler: {}}, from: {uri: 'direct:actions/bad', steps: [{to: 'builtin:echo'}]}}|redelivery",
        "- route: {autoStartup: false, from: {uri: 'direct:actions/bad', steps: [{to: 'builtin:echo'}]}}|'autoStartup'",
        "- route: {routePolicy: x, from: {uri: 'direct:actions/bad', steps: [{to: 'builtin:echo'}]}}|'routePolicy'",
        "- route: {id: execute, from: {uri: 'direct:actions/bad', steps: [{to: 'builtin:echo'}]}}|'id' is not allowed",
        "- route: {description: [x], from: {uri: 'direct:actions/bad', steps: [{to: 'builtin:echo'}]}}|description must be text",
        "- beans: [{name: x, type: java.lang.Object}]|'beans' is not allowed",
        "- from: {uri: 'direct:actions/bad', steps: [{to: 'builtin:echo'}]}|'from' is not allowed in the file",
        "- onException: {exception: [x]}|redelivery",
        "- routeConfiguration: {}|'routeConfiguration'",
        "- rest: {}|'rest'",
        "[]|a list of one route",
        "{route: {}}|a list of one route",
        "- route: {from: {uri: 'direct:actions/bad', steps: []}}|steps must be a list",
        "- route: {from: {uri: 'direct:actions/bad', uri: 'timer:x', steps: []}}|duplicate key",
        "- route: &a {from: *a}|YAML",
        "- !!java.net.URL [x]|YAML",
      })
  void refusedFiles(String yaml, String reason) throws IOException {
    TestService.Setup setup =
        new TestService.Setup(directory).action("bad", EFFECTFUL, "to: 'builtin:echo'");
    Files.writeString(setup.ownRoutes().resolve("actions/bad.camel.yaml"), yaml + "\n");
    assertRefused(setup, reason);
  }

  @Test
  void aFileNestedWithoutEnd() throws IOException {
    TestService.Setup setup =
        new TestService.Setup(directory).action("bad", EFFECTFUL, "to: 'builtin:echo'");
    Files.writeString(
        setup.ownRoutes().resolve("actions/bad.camel.yaml"), "[".repeat(200_000) + "\n");
    assertRefused(setup, "bad.camel.yaml");
  }

  @Test
  void refusedSecondDocumentAndSecondRoute() throws IOException {
    TestService.Setup setup =
        new TestService.Setup(directory).action("bad", EFFECTFUL, "to: 'builtin:echo'");
    Path file = setup.ownRoutes().resolve("actions/bad.camel.yaml");
    String good = Files.readString(file);
    Files.writeString(file, good + "---\n" + good);
    assertRefused(setup, "YAML");
    Files.writeString(file, good + good);
    assertRefused(setup, "a list of one route");
    Files.write(file, good.getBytes(java.nio.charset.StandardCharsets.UTF_16));
    assertRefused(setup, "not UTF-8");
    Files.delete(file);
    assertRefused(setup, "needs both its files");
  }

  @Test
  void aPureActionHasInProcessComponentsOnly() {
    TestService.Setup setup = new TestService.Setup(directory);
    for (String to : new String[] {"file:out", "https://h/p?httpMethod=POST"}) {
      assertRefused(setup.action("bad", PURE, "to: '" + to + "'"), "is effectful, not pure");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "schema: {type: object}|description is missing",
        "description: d|schema is missing",
        "description: d~schema: {type: nonsense}|not a JSON Schema",
        "description: d~schema: {$ref: 'https://example.com/schema'}|references must stay within it",
        "description: d~schema: {$ref: 'file:///etc/passwd'}|references must stay within it",
        "description: d~schema: {type: object}~effect: maybe|pure or effectful",
        "description: d~schema: {type: object}~reload: true|'reload' is not one of",
        "description: d~schema: {type: object}~timeoutSeconds: 0|more than 0",
        "description: d~schema: {type: object}~timeoutSeconds: soon|more than 0",
        "description: d~schema: {type: object}~definiteErrors: {no.such.Error: x}|no exception",
        "description: d~schema: {type: object}~definiteErrors: {java.lang.String: x}|no exception",
        "description: d~schema: {type: object}~definiteErrors: {java.io.IOException: Not A Code}|lower snake case",
        "description: d~schema: {type: object}~definiteErrors: [x]|must map",
        "description: d~schema: {type: object}~definiteErrors: {java.lang.Throwable: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.lang.Exception: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.lang.RuntimeException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.lang.Error: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.io.IOException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.net.SocketTimeoutException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {javax.net.ssl.SSLHandshakeException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.sql.SQLException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.sql.SQLTimeoutException: x}|is a java.sql.SQLException",
        "description: d~schema: {type: object}~definiteErrors: {java.net.PortUnreachableException: x}|is a java.net.SocketException",
        "description: d~schema: {type: object}~definiteErrors: {org.apache.camel.ExchangeTimedOutException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {java.nio.channels.AsynchronousCloseException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {io.openexec.camel.AfterStatement: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {org.springframework.dao.DataAccessException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {jakarta.jms.JMSException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {org.apache.camel.http.base.HttpOperationFailedException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {org.springframework.jms.IllegalStateException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {org.apache.hc.client5.http.ClientProtocolException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {org.apache.hc.core5.http.TruncatedChunkException: x}|after something took effect",
        "description: d~schema: {type: object}~definiteErrors: {org.postgresql.util.PSQLException: x}|after something took effect",
        "description: d~schema: {type: object}~effect: pure~timeoutSeconds: 3|for effectful actions",
        "description: d~schema: {type: object, requierd: [sku]}|'requierd' is unknown",
        "description: d~schema: {properties: {a: {items: {maxlength: 3}}}}|'maxlength' is unknown",
        "description: d~schema: {type: object}~result: {additionalProprties: false}|'additionalProprties' is unknown",
        "description: d~schema: {properties: {at: {format: date-tme}}}|has the format 'date-tme'",
        "description: d~schema: {properties: {default: {format: date-tme}}}|has the format 'date-tme'",
        "description: d~schema: {$schema: 'http://json-schema.org/draft-07/schema#', requierd: [a]}|leave it out",
        "description: d~schema: {items: {$schema: 'https://json-schema.org/draft/2019-09/schema'}}|leave it out",
        "description: d~schema: {type: object}~approvals: 0|from 1 to 16",
        "description: d~schema: {type: object}~approvals: 17|from 1 to 16",
        "description: d~schema: {type: object}~approvals: 1.5|from 1 to 16",
        "description: d~schema: {type: object}~approvals: two|from 1 to 16",
        "description: d~description: e~schema: {type: object}|duplicate key",
      })
  void refusedDescriptors(String descriptor, String reason) {
    assertRefused(
        new TestService.Setup(directory)
            .action("bad", descriptor.replace("~", "\n") + "\n", "to: 'builtin:echo'"),
        reason);
  }

  @Test
  void anEndpointThatDoesNotExistIsToldInOneLineToo() {
    TestService.Setup setup =
        new TestService.Setup(directory).action("bad", EFFECTFUL, "to: 'nosuchscheme:x'");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("nosuchscheme")
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n");
  }

  @Test
  void aFlowWithoutItsGatesDoesNotStart() throws IOException {
    TestService.Setup setup = new TestService.Setup(directory);
    Files.delete(setup.ownRoutes().resolve("execute.camel.yaml"));
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("has the route execute");
  }

  @Test
  void aFileThatIsNoRouteIsNamed() throws IOException {
    TestService.Setup setup = new TestService.Setup(directory);
    Files.writeString(setup.ownRoutes().resolve("more.camel.yaml"), "- route: [\n");
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContaining("more.camel.yaml");
  }

  @Test
  void aFileThatWouldBeOverlookedIsRefused() throws IOException {
    TestService.Setup setup = new TestService.Setup(directory);
    Files.writeString(setup.ownRoutes().resolve("actions/pay.camel.yml"), "[]");
    assertRefused(setup, "end in .camel.yaml and .action.yaml");
  }

  @Test
  void everyStepThatIsDocumentedWorks() {
    Path out = directory.resolve("out");
    TestService.Setup setup =
        new TestService.Setup(directory)
            .action(
                "all",
                EFFECTFUL,
                "setHeader: {name: orderId, simple: '${body[order]}'}",
                "setHeader: {name: CamelFileName, constant: order.txt}",
                "setVariable: {name: kept, simple: '${body[order]}'}",
                "marshal: {json: {library: Jackson}}",
                "to: {uri: 'file:" + out + "', parameters: {fileExist: Append}}",
                "unmarshal: {json: {library: Jackson}}",
                "removeHeaders: {pattern: '*'}",
                "filter: {simple: '${body[order]} == 7', steps: [{setVariable: {name: seen, constant: 'yes'}}]}",
                "choice: {when: [{simple: '${variable.seen} == ''yes''', steps: [{setBody: {simple: '{\"order\": ${variable.kept}, \"header\": \"${header.orderId}\"}'}}]}], otherwise: {steps: [{setBody: {constant: '{}'}}]}}");
    try (TestService service = setup.start()) {
      var reply = service.requests().execute("all", "{\"order\":7}", "n");
      assertThat(reply.status()).as(reply.text()).isEqualTo(200);
      assertThat(reply.json().path("result")).hasToString("{\"header\":\"\",\"order\":7}");
      assertThat(out.resolve("order.txt")).hasContent("{\"order\":7}");
    }
  }

  @Test
  void theRegistryIsReadOnceAtStart() throws IOException {
    TestService.Setup setup = new TestService.Setup(directory).tracing("first", "");
    try (TestService service = setup.start()) {
      setup.tracing("second", "");
      Files.writeString(
          setup.ownRoutes().resolve("actions/first.camel.yaml"),
          "- route: {from: {uri: 'direct:actions/first', steps: [{to: 'builtin:echo'}]}}");
      assertThat(service.requests().execute("second", "{\"id\":2}", "n").status()).isEqualTo(400);
      assertThat(service.requests().execute("first", "{\"id\":1}", "n").json().path("result"))
          .hasToString("{\"traced\":1}");
    }
  }
}
