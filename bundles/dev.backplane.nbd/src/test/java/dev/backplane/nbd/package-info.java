/** The NBD server, as clients see it. */
@NullMarked
package dev.backplane.nbd;

import org.jspecify.annotations.NullMarked;
