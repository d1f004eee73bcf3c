/** State records to CBOR and back. */
@NullMarked
package dev.backplane.kernel.internal.state;

import org.jspecify.annotations.NullMarked;
