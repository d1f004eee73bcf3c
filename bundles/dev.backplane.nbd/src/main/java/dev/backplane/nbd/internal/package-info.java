/** The NBD server's inside: one conversation a client. */
@NullMarked
package dev.backplane.nbd.internal;

import org.jspecify.annotations.NullMarked;
