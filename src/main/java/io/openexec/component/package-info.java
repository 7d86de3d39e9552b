/**
 * OpenExec inside another Camel application: {@code to: openexec:execute}. Its gates run in a Camel
 * context of their own, which the application's routes, interceptors and error handlers do not
 * reach.
 */
@NullMarked
package io.openexec.component;

import org.jspecify.annotations.NullMarked;
