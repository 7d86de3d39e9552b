package io.openexec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.openexec.testing.Approver;
import io.openexec.testing.TestService;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each unsafe start of DESIGN section 2 is refused, with the reason in one line. */
class SafeStartTest {
  @TempDir Path directory;

  private TestService.Setup setup() {
    return new TestService.Setup(directory);
  }

  private static void assertRefused(TestService.Setup setup, String... reasons) {
    assertThatThrownBy(setup::start)
        .isInstanceOf(StartRefused.class)
        .hasMessageContainingAll(reasons)
        .extracting(Throwable::getMessage)
        .asString()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENEXEC_MODE|strict|demo or clawshield",
        "OPENEXEC_MODE|Clawshield|demo or clawshield",
        "OPENEXEC_PORT|http|0 to 65535",
        "OPENEXEC_PORT|65536|0 to 65535",
        "OPENEXEC_PORT|-1|0 to 65535",
        "OPENEXEC_PORT|tcp://10.0.0.1:5000|0 to 65535",
        "OPENEXEC_HOST|no such host|no address",
        "OPENEXEC_HOST|0.0.0.0|demo mode executes without approval",
        "OPENEXEC_HOST|::|demo mode executes without approval",
        "OPENEXEC_INSECURE_DEMO|yes|true or false",
        "OPENEXEC_SHUTDOWN_SECONDS|soon|number of seconds",
        "OPENEXEC_LOG_LEVEL|FOO|INFO",
        "OPENEXEC_ROUTES|nowhere|not a folder",
        "OPENEXEC_ALLOWED_ACTIONS| , |names no action",
        "OPENEXEC_DB_URL|openexec.db|sqlite:///",
        "OPENEXEC_DB_URL|mysql://localhost/db|sqlite:///",
        "OPENEXEC_DB_URL|jdbc:h2:mem:x|sqlite:///",
        "OPENEXEC_DB_URL|sqlite://|memory",
        "OPENEXEC_DB_URL|sqlite:///:memory:|memory",
        "OPENEXEC_DB_URL|jdbc:sqlite::memory:|memory",
        "OPENEXEC_DB_URL|jdbc:sqlite:|memory",
        "OPENEXEC_DB_URL|jdbc:sqlite:file:x?mode=memory|not accepted",
        "OPENEXEC_DB_URL|jdbc:sqlite::resource:x.db|plain path",
        "OPENEXEC_DB_URL|sqlite://host/x.db|no host",
        "OPENEXEC_DB_URL|sqlite:///x.db?synchronous=OFF|not accepted",
        "OPENEXEC_DB_URL|jdbc:sqlite:x.db?enable_load_extension=true|not accepted",
        "OPENEXEC_DB_URL|sqlite:///missing/x.db|directory does not exist",
        "OPENEXEC_DB_URL|sqlite:////|directory",
        "CLAWSHIELD_PUBLIC_KEY|rubbish|OPENEXEC_MODE is not",
        "CLAWSHIELD_TENANT_ID|tenant-001|OPENEXEC_MODE is not",
        "CLAWSHIELD_ANYTHING|x|OPENEXEC_MODE is not",
        "OPENEXEC_TRUST|trust.json|OPENEXEC_MODE is not",
        "OPENEXEC_REVOCATIONS|revocations.json|OPENEXEC_MODE is not",
        "OPENEXEC_AUDIENCE|warehouse|OPENEXEC_MODE is not",
        "OPENEXEC_TENANTS|tenants.json|OPENEXEC_MODE is not",
      })
  void refused(String variable, String value, String reason) {
    assertRefused(setup().with(variable, value), variable, reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OPENEXEC_MODE",
        "OPENEXEC_HOST",
        "OPENEXEC_PORT",
        "OPENEXEC_DB_URL",
        "OPENEXEC_ROUTES",
        "OPENEXEC_ALLOWED_ACTIONS",
        "OPENEXEC_INSECURE_DEMO"
      })
  void setButEmptyIsRefused(String variable) {
    assertRefused(setup().with(variable, ""), variable, "is set but");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
      })
  void aKeyUnderWhichForgeriesVerify(String hex) {
    byte[] spki = HexFormat.of().parseHex("302a300506032b6570032100" + hex);
    assertRefused(
        setup()
            .with("OPENEXEC_MODE", "clawshield")
            .with("CLAWSHIELD_PUBLIC_KEY", Approver.pem(spki)),
        "CLAWSHIELD_PUBLIC_KEY");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "OPENEXEC_TRUST|{|cannot be used",
        "OPENEXEC_TRUST|{\"keys\":[{}]}|key 1 ",
        "OPENEXEC_REVOCATIONS|[]|cannot be used",
        "OPENEXEC_TENANTS|[]|cannot be used",
        "OPENEXEC_TENANTS|{}|cannot be used",
        "OPENEXEC_TENANTS|{\"\":{}}|cannot be used",
        "OPENEXEC_TENANTS|{\"t\":{},\"t\":{}}|duplicate",
        "OPENEXEC_TENANTS|{\"t\":{\"allowed_actions\":\"echo\"}}|tenant 't'",
        "OPENEXEC_TENANTS|{\"t\":{\"allowed_action\":[\"echo\"]}}|tenant 't'",
        "OPENEXEC_TENANTS|{\"t\":{\"allowed_actions\":[1]}}|tenant 't'",
        "OPENEXEC_TENANTS|{\"t\":[]}|tenant 't'",
      })
  void aFileThatCannotBeUsed(String variable, String content, String reason) throws Exception {
    TestService.Setup setup = setup().clawshield(new Approver()).with(variable, "missing.json");
    assertRefused(setup, variable, "cannot be read");
    Files.writeString(directory.resolve("file.json"), content);
    assertRefused(setup.with(variable, "file.json"), variable, reason);
  }

  @Test
  void tenantsInDemoMode() {
    assertRefused(
        setup().with("OPENEXEC_MODE", "demo").with("OPENEXEC_TENANTS", "x"),
        "OPENEXEC_TENANTS",
        "one tenant only");
  }

  @Test
  void tooLongATenant() {
    assertRefused(
        setup().clawshield(new Approver()).with("CLAWSHIELD_TENANT_ID", "t".repeat(256)),
        "CLAWSHIELD_TENANT_ID");
  }

  @Test
  void whatIsUnsafeByDefaultCanBeAskedFor() {
    try (TestService open =
        setup().with("OPENEXEC_HOST", "0.0.0.0").with("OPENEXEC_INSECURE_DEMO", "true").start()) {
      assertThat(open.requests().get("/health").json().path("insecure_demo").asBoolean()).isTrue();
    }
    try (TestService explicit =
        setup().clawshield(new Approver()).with("OPENEXEC_MODE", "demo").start()) {
      assertThat(explicit.requests().get("/health").json().path("exec_mode").asText())
          .isEqualTo("demo");
    }
  }

  @Test
  void aSecondServiceOnOneFile() throws Exception {
    try (TestService first = setup().start()) {
      assertRefused(setup(), "another service uses it", "OPENEXEC_DB_URL");
      Path link = directory.resolve("link.db");
      Files.createSymbolicLink(link, setup().database());
      assertRefused(
          setup().with("OPENEXEC_DB_URL", "sqlite:///" + link), "another service uses it");
      assertThat(first.requests().execute("echo", "{}", "n").status()).isEqualTo(200);
    }
    setup().start().close();
  }

  @Test
  void aSecondNameForOneFile() throws Exception {
    try (TestService first = setup().start()) {
      Path other = Files.createDirectory(directory.resolve("other"));
      Files.createLink(other.resolve("openexec.db"), setup().database());
      assertRefused(
          setup().with("OPENEXEC_DB_URL", "sqlite:///" + other.resolve("openexec.db")),
          "more than one hard link");
      assertThat(first.requests().execute("echo", "{}", "n").status()).isEqualTo(200);
    }
  }

  @Test
  void aPortInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefused(
          setup().with("OPENEXEC_PORT", Integer.toString(taken.getLocalPort())),
          "cannot listen on 127.0.0.1:" + taken.getLocalPort(),
          "OPENEXEC_PORT");
    }
    setup().start().close();
  }

  @Test
  void anAddressOfAnotherMachineSaysSo() {
    assertRefused(
        setup().clawshield(new Approver()).with("OPENEXEC_HOST", "192.0.2.1"),
        "cannot listen on 192.0.2.1",
        "assign");
  }

  @Test
  void aPathThatTheDriverWouldCut() throws Exception {
    Path odd = Files.createDirectory(directory.resolve("what?"));
    assertRefused(
        setup().with("OPENEXEC_DB_URL", "jdbc:sqlite:" + odd + "/x.db"), "OPENEXEC_DB_URL");
    assertRefused(new TestService.Setup(odd), "question mark");
  }

  @Test
  void aDatabaseThatIsNone() throws Exception {
    Files.writeString(
        setup().database(), "this is not a database, and long enough to be read as one");
    assertRefused(setup(), "cannot be used", "OPENEXEC_DB_URL");
    Files.delete(setup().database());
    Files.createDirectory(setup().database());
    assertRefused(setup(), "it is a directory");
  }

  @Test
  void aDatabaseOfAnotherProgramIsNotTouched() throws Exception {
    StoreRows.execute(setup().database(), "CREATE TABLE customers (id INTEGER PRIMARY KEY)");
    byte[] before = Files.readAllBytes(setup().database());
    assertRefused(setup(), "belongs to another program", "name another file");
    assertThat(Files.readAllBytes(setup().database())).isEqualTo(before);
  }

  @Test
  void everyFormOfDatabaseUrlThatIsAccepted() {
    for (String url :
        new String[] {
          "sqlite:///a.db",
          "sqlite+pysqlite:///a.db",
          "sqlite:///a.db?check_same_thread=False",
          "sqlite:////" + directory.resolve("a.db").toString().substring(1),
          "jdbc:sqlite:a.db",
          "jdbc:sqlite:" + directory.resolve("a.db")
        }) {
      try (TestService service = setup().with("OPENEXEC_DB_URL", url).start()) {
        assertThat(service.requests().execute("echo", "{}", "n").status()).as(url).isEqualTo(200);
      }
    }
    assertThat(StoreRows.of(directory.resolve("a.db"), "SELECT COUNT(*) FROM executions"))
        .containsExactly("1");
  }

  @Test
  void theDatabaseIsReadableByItsOwnerOnly() throws Exception {
    try (TestService service = setup().start()) {
      service.requests().execute("echo", "{}", "n");
      for (String file : new String[] {"openexec.db", "openexec.db-wal", "openexec.db-shm"}) {
        assertThat(
                PosixFilePermissions.toString(
                    Files.getPosixFilePermissions(directory.resolve(file))))
            .as(file)
            .isEqualTo("rw-------");
      }
    }
  }
}
