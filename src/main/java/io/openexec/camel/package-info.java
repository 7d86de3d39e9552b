/**
 * The Camel side: thin processors, the doors, the action files. The only package besides the root
 * that imports Camel.
 */
@NullMarked
package io.openexec.camel;

import org.jspecify.annotations.NullMarked;
