/**
 * The file drop: requests come in as files in a folder, answers go out as files beside it.
 *
 * <p>The way of a file {@code NAME}: vetted where it lies, moved to {@code .work/}, answered line
 * by line into {@code out/}, moved to {@code done/} or {@code refused/}. Whatever is in {@code
 * .work/} when a service starts is answered again from its first line; what was executed before is
 * a replay then, so that no line runs twice.
 */
@NullMarked
package io.openexec.inbox;

import org.jspecify.annotations.NullMarked;
