/**
 * How a part describes the state that it saves and restores.
 *
 * <p>A state is a record of plain data that carries its schema and version in {@link
 * dev.backplane.api.state.StateVersion @StateVersion}. The kernel turns it into CBOR and back; a vendor writes no
 * serialiser. Two generations of a plugin never share a class: what moves between them is always the encoded form.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.api.state;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
