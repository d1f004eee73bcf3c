/** Tests of the disassembler, with objdump as the judge. */
@NullMarked
package dev.backplane.x86.disasm;

import org.jspecify.annotations.NullMarked;
