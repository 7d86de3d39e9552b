package com.example.orders;

import org.apache.camel.main.Main;

/** A Camel application as any other: its routes and properties are in the resources. */
public final class OrdersApplication {
  private OrdersApplication() {}

  /** Runs it until it is told to end. */
  public static void main(String[] args) throws Exception {
    application().run(args);
  }

  static Main application() {
    return new Main(OrdersApplication.class);
  }
}
