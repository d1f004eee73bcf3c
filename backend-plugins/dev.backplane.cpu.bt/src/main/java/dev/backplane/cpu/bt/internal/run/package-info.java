/** One vCPU's translated code at run time: its state area, code cache, jump cache, and the loop that enters and leaves it. */
@NullMarked
package dev.backplane.cpu.bt.internal.run;

import org.jspecify.annotations.NullMarked;
