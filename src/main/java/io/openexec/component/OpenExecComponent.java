package io.openexec.component;

import io.openexec.Configuration;
import io.openexec.Service;
import io.openexec.StartRefused;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Endpoint;
import org.apache.camel.support.DefaultComponent;
import org.jspecify.annotations.Nullable;

/**
 * The component {@code openexec:}, found by its name, configured by {@code
 * camel.component.openexec.*}. Its properties mean what the service's environment variables mean;
 * what makes no sense keeps the context from starting, and names the property. Relative paths are
 * relative to the working directory. It listens on nothing.
 */
public final class OpenExecComponent extends DefaultComponent {
  private static final String PREFIX = "camel.component.openexec.";

  /** The environment variables, which the configuration speaks of, and our properties. */
  private static final Map<String, String> PROPERTIES =
      Map.ofEntries(
          Map.entry("OPENEXEC_MODE", "mode"),
          Map.entry("CLAWSHIELD_PUBLIC_KEY", "publicKey"),
          Map.entry("CLAWSHIELD_TENANT_ID", "tenantId"),
          Map.entry("OPENEXEC_ALLOWED_ACTIONS", "allowedActions"),
          Map.entry("OPENEXEC_DB_URL", "databaseUrl"),
          Map.entry("OPENEXEC_DB_PASSWORD", "databasePassword"),
          Map.entry("OPENEXEC_ROUTES", "actions"),
          Map.entry("OPENEXEC_RECEIPT_KEY", "receiptKey"),
          Map.entry("OPENEXEC_LEDGER_KEY", "ledgerKey"),
          Map.entry("OPENEXEC_ORIGIN", "origin"),
          Map.entry("OPENEXEC_TRUST", "trust"),
          Map.entry("OPENEXEC_REVOCATIONS", "revocations"),
          Map.entry("OPENEXEC_AUDIENCE", "audience"),
          Map.entry("OPENEXEC_TENANTS", "tenants"),
          Map.entry("OPENEXEC_SECRETS", "secrets"),
          Map.entry("OPENEXEC_LEASE_SECONDS", "leaseSeconds"),
          Map.entry("OPENEXEC_SHUTDOWN_SECONDS", "shutdownSeconds"));

  private final Map<String, String> environment = new HashMap<>();
  private @Nullable Service service;

  /** Sets {@code demo} (the default) or {@code clawshield}. */
  public void setMode(String mode) {
    environment.put("OPENEXEC_MODE", mode);
  }

  /** Sets the public key of the approver, in PEM. */
  public void setPublicKey(String publicKey) {
    environment.put("CLAWSHIELD_PUBLIC_KEY", publicKey);
  }

  /** Sets the tenant that approvals have to name. */
  public void setTenantId(String tenantId) {
    environment.put("CLAWSHIELD_TENANT_ID", tenantId);
  }

  /** Sets the actions that may be executed, separated by commas; all if it is not set. */
  public void setAllowedActions(String allowedActions) {
    environment.put("OPENEXEC_ALLOWED_ACTIONS", allowedActions);
  }

  /** Sets where the record is, such as {@code sqlite:///openexec.db}. */
  public void setDatabaseUrl(String databaseUrl) {
    environment.put("OPENEXEC_DB_URL", databaseUrl);
  }

  /**
   * Sets the password for PostgreSQL. Not in the address, which Camel logs; what is called a
   * password it masks.
   */
  public void setDatabasePassword(String databasePassword) {
    environment.put("OPENEXEC_DB_PASSWORD", databasePassword);
  }

  /** Sets the folder of the action files; required. */
  public void setActions(String actions) {
    environment.put("OPENEXEC_ROUTES", actions);
  }

  /** Sets the file of the key that signs receipts. */
  public void setReceiptKey(String receiptKey) {
    environment.put("OPENEXEC_RECEIPT_KEY", receiptKey);
  }

  /** Sets the file of the key that signs the ledger's checkpoints. */
  public void setLedgerKey(String ledgerKey) {
    environment.put("OPENEXEC_LEDGER_KEY", ledgerKey);
  }

  /** Sets the ledger's name. */
  public void setOrigin(String origin) {
    environment.put("OPENEXEC_ORIGIN", origin);
  }

  /** Sets the file of the keys of approval tokens. */
  public void setTrust(String trust) {
    environment.put("OPENEXEC_TRUST", trust);
  }

  /** Sets the file of what was revoked. */
  public void setRevocations(String revocations) {
    environment.put("OPENEXEC_REVOCATIONS", revocations);
  }

  /** Sets what a token's {@code aud} has to name. */
  public void setAudience(String audience) {
    environment.put("OPENEXEC_AUDIENCE", audience);
  }

  /** Sets the file of what each tenant may have executed. */
  public void setTenants(String tenants) {
    environment.put("OPENEXEC_TENANTS", tenants);
  }

  /** Sets the file of the secrets that actions use, beside the environment. */
  public void setSecrets(String secrets) {
    environment.put("OPENEXEC_SECRETS", secrets);
  }

  /** Sets after how long without a word another instance counts as gone. */
  public void setLeaseSeconds(String leaseSeconds) {
    environment.put("OPENEXEC_LEASE_SECONDS", leaseSeconds);
  }

  /** Sets how long running actions may take to end when the context stops. */
  public void setShutdownSeconds(String shutdownSeconds) {
    environment.put("OPENEXEC_SHUTDOWN_SECONDS", shutdownSeconds);
  }

  /**
   * Starts the service.
   *
   * @throws IllegalArgumentException saying why it does not start: a property that makes no sense
   *     by its name
   */
  @Override
  protected void doStart() throws Exception {
    super.doStart();
    if (!environment.containsKey("OPENEXEC_ROUTES")) {
      throw new IllegalArgumentException(
          PREFIX + "actions is not set; set it to the folder of the action files");
    }
    Path here = Path.of("").toAbsolutePath();
    try {
      // The environment is where secrets may be, and configures nothing else here.
      Map<String, String> all = new HashMap<>(System.getenv());
      all.keySet().removeIf(n -> n.startsWith("OPENEXEC_") || n.startsWith("CLAWSHIELD_"));
      all.putAll(environment);
      service = Service.embed(Configuration.of(all, here, here), Clock.systemUTC());
    } catch (StartRefused e) {
      throw new IllegalArgumentException(named(String.valueOf(e.getMessage())), e.getCause());
    }
  }

  /** Says in our properties what speaks of environment variables. */
  private static String named(String message) {
    String named = message;
    for (Map.Entry<String, String> property : PROPERTIES.entrySet()) {
      named = named.replaceAll("\\b" + property.getKey() + "\\b", PREFIX + property.getValue());
    }
    return named;
  }

  /** Lets running actions end, answers what is under way, and closes the record. */
  @Override
  protected void doStop() throws Exception {
    if (service != null) {
      service.close();
      service = null;
    }
    super.doStop();
  }

  @Override
  protected Endpoint createEndpoint(String uri, String operation, Map<String, Object> parameters) {
    return new OpenExecEndpoint(uri, this, Operation.of(operation));
  }

  Service service() {
    return Objects.requireNonNull(service, "the component has not started");
  }
}
