/** The commands of the command line. The service does without all of them. */
@NullMarked
package io.openexec.cli;

import org.jspecify.annotations.NullMarked;
