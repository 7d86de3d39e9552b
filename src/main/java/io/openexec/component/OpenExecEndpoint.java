package io.openexec.component;

import org.apache.camel.Consumer;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultEndpoint;

/** An endpoint {@code openexec:NAME}: something to send requests to, and nothing to consume. */
final class OpenExecEndpoint extends DefaultEndpoint {
  private final OpenExecComponent component;
  private final Operation operation;

  OpenExecEndpoint(String uri, OpenExecComponent component, Operation operation) {
    super(uri, component);
    this.component = component;
    this.operation = operation;
  }

  @Override
  public Producer createProducer() {
    return new OpenExecProducer(this, component, operation);
  }

  @Override
  public Consumer createConsumer(Processor processor) {
    throw new UnsupportedOperationException(
        "openexec: executes what is sent to it; a route cannot begin there");
  }

  @Override
  public boolean isSingleton() {
    return true;
  }
}
