/** Bytes of a disk at an NBD server (nbd). */
@NullMarked
package dev.backplane.protocol.nbd.internal;

import org.jspecify.annotations.NullMarked;
