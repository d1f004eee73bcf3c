package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;

/** Which flags may be read from an instruction on, by a look at it and a few behind it. */
final class FlagsAhead {
    private static final int INSTRUCTIONS = 6;
    private static final int PAGE = 4096;

    private final Decoder decoder;
    private final Forms forms;
    private final boolean exact;
    private final Insn insn = new Insn();
    private byte[] code = {};
    private int lowest;
    private int highest;

    /** {@code exact}: all flags are live wherever something may fault, so everywhere. */
    FlagsAhead(Decoder decoder, Forms forms, boolean exact) {
        this.decoder = decoder;
        this.forms = forms;
        this.exact = exact;
    }

    void begin(byte[] page) {
        code = page;
        lowest = PAGE;
        highest = 0;
    }

    /** The part of the page that was looked at. */
    int lowest() {
        return lowest;
    }

    int highest() {
        return highest;
    }

    /** The flags that may be read from an offset in the page on; all of them where it is another page. */
    int live(long offset) {
        if (exact || offset < 0 || offset >= PAGE) {
            return Liveness.ALL;
        }
        int position = (int) offset;
        lowest = Math.min(lowest, position);
        int needed = 0;
        int open = Liveness.ALL;
        for (int n = 0; n < INSTRUCTIONS && open != 0; n++) {
            if (position >= PAGE || decoder.decode(code, position, PAGE, Cpu.CODE64, insn) != Decoder.Result.OK) {
                break;
            }
            position += insn.length;
            Form form = forms.of(insn);
            needed |= Liveness.read(insn) & open;
            if (form == Form.INTERPRETED || form.ends() || form == Form.JUMP_IF) {
                break;
            }
            open &= ~Liveness.killed(insn);
        }
        highest = Math.max(highest, Math.min(PAGE, position + Decoder.MAX_LENGTH));
        return needed | open;
    }
}
