/** Microbenchmarks of what a request cannot do without. */
package io.openexec.bench.jmh;
