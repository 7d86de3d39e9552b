/** The service: configuration, start and stop. */
@NullMarked
package io.openexec;

import org.jspecify.annotations.NullMarked;
