/** The NBD server's inside. */
@NullMarked
package dev.backplane.nbd.internal;

import org.jspecify.annotations.NullMarked;
