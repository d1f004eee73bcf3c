/** The NBD protocol. */
@NullMarked
package dev.backplane.nbd.wire;

import org.jspecify.annotations.NullMarked;
