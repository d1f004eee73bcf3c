package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.emit.BlockCheck;
import dev.backplane.cpu.bt.internal.emit.Verifier;
import dev.backplane.cpu.bt.internal.host.PerfMap;
import dev.backplane.cpu.bt.internal.translate.Exits;
import org.jspecify.annotations.Nullable;

/**
 * Who looks at translated blocks before they run.
 *
 * @param check refuses what must not run; null: nobody does
 * @param names is told where they are; null: nobody is
 */
public record BlockWatch(
        @Nullable BlockCheck check, @Nullable PerfMap names) {
    /** Nobody. */
    public static final BlockWatch NONE = new BlockWatch(null, null);

    /** The verifier for what is emitted here. */
    public static BlockCheck verifier() {
        return new Verifier(
                StateArea.BYTES,
                StateArea.STRINGS,
                StateArea.STRINGS_END,
                Exits.STUBS,
                Exits.STUB_BYTES,
                Exits.KINDS,
                Exits.DATA_BYTES);
    }
}
