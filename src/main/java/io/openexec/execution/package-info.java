/** The registry of actions, the exactly-once record and its states. */
@NullMarked
package io.openexec.execution;

import org.jspecify.annotations.NullMarked;
