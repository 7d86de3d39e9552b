/** Measures the packaged service beside a bare Camel route; see bench/README.md. */
package io.openexec.bench;
