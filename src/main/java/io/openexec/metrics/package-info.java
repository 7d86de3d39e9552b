/**
 * What the service counts of itself. Counting is a few additions and loads no library, so that
 * neither a request nor the start pays for it; {@link io.openexec.metrics.MetricsPage} makes
 * metrics of the counts when somebody asks.
 *
 * <p>A label is the name of a registered action, a code of ours, or a number: never anything that
 * came with a request.
 */
@NullMarked
package io.openexec.metrics;

import org.jspecify.annotations.NullMarked;
