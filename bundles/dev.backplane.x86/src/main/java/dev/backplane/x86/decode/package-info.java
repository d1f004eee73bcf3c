/**
 * From bytes to {@link dev.backplane.x86.decode.Insn}: instruction formats, prefixes, the opcode table and each opcode's
 * properties. Free of execution, so that an interpreter and a translator share it.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.x86.decode;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
