package io.openexec;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.Signature;
import org.junit.jupiter.api.Test;

/** The layout's few rules (DESIGN section 8). */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.openexec");
  private static final String[] KERNEL = {
    "io.openexec.boundary..",
    "io.openexec.execution..",
    "io.openexec.receipt..",
    "io.openexec.signature..",
    "io.openexec.witness.."
  };

  @Test
  void theRulesSeeTheCode() {
    for (String name :
        new String[] {
          "boundary",
          "execution",
          "receipt",
          "signature",
          "store",
          "camel",
          "cli",
          "audit",
          "metrics"
        }) {
      assertThat(CLASSES.stream().filter(c -> c.getPackageName().equals("io.openexec." + name)))
          .as(name)
          .hasSizeGreaterThan(3);
    }
  }

  @Test
  void onlyTheCamelPackageAndTheRootImportCamel() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.openexec", "io.openexec.camel..", "io.openexec.component..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.camel..", "io.vertx..")
        .check(CLASSES);
  }

  @Test
  void theKernelKnowsNoDatabaseAndNoRoutes() {
    noClasses()
        .that()
        .resideInAnyPackage(KERNEL)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.sql..",
            "com.zaxxer..",
            "org.flywaydb..",
            "io.openexec.store..",
            "io.openexec.camel..")
        .check(CLASSES);
  }

  /** What nobody has asked for yet must cost no start anything. */
  @Test
  void onlyThePageOfMetricsKnowsItsLibraries() {
    noClasses()
        .that()
        .haveNameNotMatching("io\\.openexec\\.metrics\\.(MetricsPage|Samples)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.micrometer..", "io.prometheus..")
        .check(CLASSES);
  }

  @Test
  void noSignatureIsLeftToWhicheverProviderTheJvmPrefers() {
    noClasses()
        .should()
        .callMethod(Signature.class, "getInstance", String.class)
        .orShould()
        .callMethod(Signature.class, "getInstance", String.class, String.class)
        .check(CLASSES);
    noClasses()
        .that()
        .haveNameNotMatching("io\\.openexec\\.signature\\.CorrettoEd25519(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(Signature.class)
        .check(CLASSES);
  }

  @Test
  void theServiceCannotApprove() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.openexec.cli..")
        .and()
        .doNotHaveFullyQualifiedName("io.openexec.OpenExec")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.openexec.cli..")
        .check(CLASSES);
  }

  /** What the auditor has in common with the writer: hashes, canonical forms, and readers. */
  @Test
  void theAuditorSharesNothingWithTheWriterButHashesAndReaders() {
    String receipt =
        "ActionHash|CanonicalJson|ExecutionId|Hash|JsonRefused|JsonValue|JwkSet|Jws|JwsRefused"
            + "|OpenedReceipt|ReceiptHash|StrictJson|TokenActionHash|VerifiedReceipt";
    String ledger =
        "BundleId|Checkpoint|EntryBundle|Hashing|NodeHash|NoteRefused|SignatureType|SignedNote"
            + "|TileId|TilePath|TileRefused|TreeHead|VerifiedCheckpoint|VerifierKey";
    classes()
        .that()
        .resideInAPackage("io.openexec.audit..")
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("io.openexec..")
                .or(resideInAPackage("io.openexec.audit.."))
                .or(nameMatching("io\\.openexec\\.receipt\\.(" + receipt + ")"))
                .or(nameMatching("io\\.openexec\\.ledger\\.(" + ledger + ")"))
                .or(nameMatching("io\\.openexec\\.signature\\.VerificationKey"))
                .or(nameMatching("io\\.openexec\\.store\\.DatabaseUrl(\\$.*)?")))
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("io.openexec.audit..")
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("org.apache.camel..", "io.vertx..", "com.zaxxer..", "org.slf4j.."))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.openexec.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void whatProvesACheckCannotBeMadeElsewhere() {
    for (String proof :
        new String[] {
          "boundary.ExecutionRequest",
          "boundary.VerifiedRequest",
          "boundary.Approval",
          "execution.Candidate$Admissible",
          "execution.Candidate$ReplayOnly",
          "execution.Claim$Admitted",
          "execution.Executed",
          "ledger.VerifiedNote",
          "ledger.VerifiedCheckpoint",
          "receipt.VerifiedReceipt"
        }) {
      classes()
          .that()
          .haveFullyQualifiedName("io.openexec." + proof)
          .should()
          .haveModifier(JavaModifier.FINAL)
          .andShould()
          .haveOnlyFinalFields()
          .check(CLASSES);
      assertThat(CLASSES.get("io.openexec." + proof).getConstructors())
          .noneMatch(constructor -> constructor.getModifiers().contains(JavaModifier.PUBLIC));
    }
  }
}
