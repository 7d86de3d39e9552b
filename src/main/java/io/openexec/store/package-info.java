/** The record in a JDBC database. */
@NullMarked
package io.openexec.store;

import org.jspecify.annotations.NullMarked;
