package io.openexec.camel;

import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.camel.Endpoint;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.service.ServiceHelper;

/** A component of actions whose endpoints have Camel's own behind them, stopped with it. */
abstract class ActionComponent extends DefaultComponent {
  private final Deque<Object> started = new ArrayDeque<>();

  /** Returns what sends to an endpoint of Camel's, both started. */
  final Producer producer(Endpoint target) throws Exception {
    start(target);
    Producer producer = target.createProducer();
    start(producer);
    return producer;
  }

  final void start(Object service) {
    ServiceHelper.startService(service);
    started.push(service);
  }

  @Override
  protected void doStop() throws Exception {
    ServiceHelper.stopService(started);
    super.doStop();
  }
}
