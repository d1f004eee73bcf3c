package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.decode.Feature;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import java.util.Set;

/**
 * Translates one block of 64-bit code at a time: from an instruction to the first that always goes elsewhere, is not translated,
 * or reaches into the next page. Branches that are not taken stay inside. One per vCPU; the result is valid until the next call.
 */
public final class BlockTranslator {
    private static final int MAX_INSTRUCTIONS = 40;
    private static final int PAGE = 4096;

    private final Decoder decoder;
    private final Emission e;
    private final Operands operands;
    private final CopyForms copies;
    private final SimdForms simd;
    private final VexForms vectors;
    private final RegisterForms registers;
    private final ArithmeticForms arithmetic;
    private final StringForms strings;
    private final StackForms stack;
    private final SystemForms system;
    private final FlowForms flow;
    private final PrivilegeForms privilege;

    private final Forms forms;
    private final Insn[] insns = new Insn[MAX_INSTRUCTIONS + 1];
    private final Form[] chosen = new Form[MAX_INSTRUCTIONS + 1];
    private final int[] offsets = new int[MAX_INSTRUCTIONS + 2];
    private final int[] live = new int[MAX_INSTRUCTIONS + 2];
    /** Of conditional jumps: the flags that are live at the target. */
    private final int[] taken = new int[MAX_INSTRUCTIONS + 1];

    private final FlagsAhead ahead;

    private byte[] code = {};
    private int count;
    private int lowest;
    private int highest;
    /** The instruction behind the last that is translated goes on behind the page. */
    private boolean straddles;

    /** A translator for a CPU model's instructions. {@code host}: those that the host has too; {@code exits}: where exits are noted. */
    public BlockTranslator(Decoder decoder, Set<Feature> host, Fidelity fidelity, ExitTable exits) {
        e = new Emission(exits);
        operands = new Operands(e);
        copies = new CopyForms(e, operands);
        simd = new SimdForms(e, operands);
        vectors = new VexForms(e, operands);
        registers = new RegisterForms(e, operands);
        arithmetic = new ArithmeticForms(e, operands);
        strings = new StringForms(e);
        stack = new StackForms(e);
        system = new SystemForms(e);
        flow = new FlowForms(e, stack);
        privilege = new PrivilegeForms(e, system, flow);
        e.exact = fidelity != Fidelity.USUAL;
        e.counted = fidelity == Fidelity.COUNTED;
        forms = new Forms(host, e.counted);
        this.decoder = decoder;
        ahead = new FlagsAhead(decoder, forms, e.exact);
        for (int n = 0; n < insns.length; n++) {
            insns[n] = new Insn();
        }
    }

    /** What the next blocks are for: whether instructions of SSE and AVX may be executed by the host, and whether they have all privileges. */
    public void mode(boolean simd, boolean avx, boolean kernel) {
        forms.mode(simd, avx, kernel);
    }

    /**
     * Translates.
     *
     * @param page the bytes of the page
     * @param limit the page's size, or more: then one instruction is translated, which reaches into the next page
     * @param rip where the block begins: in the page at this offset
     * @param ramPage the page's number in RAM
     * @param set the TLB of its mode
     * @param base where in the code memory it will be
     * @return how many instructions are translated; 0 if the first is not
     */
    public int translate(byte[] page, int limit, long rip, int ramPage, int set, int base, LinkFinder links) {
        code = page;
        decode((int) rip & PAGE - 1, limit);
        do {
            if (count == 0) {
                return 0;
            }
            flags();
        } while (e.counted && cut());
        e.base = base;
        e.set = set;
        e.clear(count);
        e.charge(rip);
        flow.begin(links, rip, ramPage);
        long pageStart = rip & -PAGE;
        for (int n = 0; n < count; n++) {
            e.begin(insns[n], pageStart + offsets[n], n, live[n + 1]);
            e.liveTaken = taken[n];
            emit(insns[n], chosen[n]);
            if (!chosen[n].tellsChanges()) {
                e.last.forget();
            }
        }
        if (!chosen[count - 1].ends()) {
            end(pageStart + offsets[count]);
        }
        e.finish();
        return count;
    }

    /** Where the first is not translated: because it reaches into the next page. */
    public boolean straddles() {
        return straddles;
    }

    /** The code of the block. */
    public Assembler result() {
        return e.a;
    }

    /** The first byte of the page that the block depends on. */
    public int lowest() {
        return lowest;
    }

    /** Behind the last byte of the page that the block depends on. */
    public int highest() {
        return highest;
    }

    /** Behind the last byte of the page that was translated. */
    public int end() {
        return offsets[count];
    }

    private void decode(int start, int limit) {
        int position = start;
        count = 0;
        straddles = false;
        while (count < MAX_INSTRUCTIONS && position < PAGE) {
            Insn i = insns[count];
            offsets[count] = position;
            Decoder.Result result = decoder.decode(code, position, limit, Cpu.CODE64, i);
            if (result != Decoder.Result.OK) {
                straddles = result == Decoder.Result.MORE;
                break;
            }
            Form form = forms.of(i);
            if (form == Form.INTERPRETED) {
                break;
            }
            chosen[count++] = form;
            position += i.length;
            if (form.ends()) {
                break;
            }
        }
        offsets[count] = position;
        while (count > 0 && chosen[count - 1] == Form.ENABLE_INTERRUPTS) {
            // No interrupt comes before the next instruction: both are the interpreter's unless both are translated.
            count--;
            straddles = false;
        }
        lowest = start;
        highest = Math.min(PAGE, position + Decoder.MAX_LENGTH);
    }

    /** Which flags are live behind each instruction. */
    private void flags() {
        ahead.begin(code);
        Insn last = insns[count - 1];
        Form form = chosen[count - 1];
        int after;
        if (form == Form.JUMP) {
            after = ahead.live(offsets[count] + last.immediate);
        } else if (form.ends()) {
            after = switch (form) {
                case CALL -> ahead.live(offsets[count] + last.immediate);
                case ACCESS -> ahead.live(offsets[count]);
                default -> Liveness.ALL;
            };
        } else {
            after = ahead.live(offsets[count]);
        }
        live[count] = after;
        for (int n = count - 1; n >= 0; n--) {
            Insn i = insns[n];
            if (chosen[n] == Form.JUMP_IF) {
                taken[n] = ahead.live(offsets[n] + i.length + i.immediate);
                live[n + 1] |= taken[n];
            }
            boolean leaves = e.exact && (i.memory || chosen[n].leaves());
            live[n] = leaves ? Liveness.ALL : live[n + 1] & ~Liveness.killed(i) | Liveness.read(i);
        }
        lowest = Math.min(lowest, ahead.lowest());
        highest = Math.max(highest, ahead.highest());
    }

    /** Ends the block before an instruction whose flags are the processor's choice, looked at, and not to be mended. */
    private boolean cut() {
        for (int n = 0; n < count; n++) {
            Insn i = insns[n];
            if ((ChosenResults.flags(i) & live[n + 1]) != 0 && !ChosenResults.mendable(i)) {
                count = n;
                straddles = false;
                return true;
            }
        }
        return false;
    }

    private void emit(Insn i, Form form) {
        switch (form) {
            case NOTHING, INTERPRETED -> {}
            case COPY -> copies.emit(i);
            case SIMD -> simd.emit(i);
            case VECTOR -> vectors.vector(i);
            case ZERO_UPPER -> vectors.zeroUpper();
            case THREE_OPERANDS -> vectors.general(i);
            case OFFSET -> copies.offset(i);
            case VERBATIM -> registers.verbatim(i);
            case LEA -> registers.lea(i);
            case CONSTANT -> registers.constant(i);
            case SWAP_BYTES -> registers.swapBytes(i);
            case EXCHANGE_ACCUMULATOR -> registers.exchangeAccumulator(i);
            case WIDEN -> registers.widen(i);
            case WIDEN_PAIR -> registers.widenPair(i);
            case MULTIPLY -> arithmetic.multiply(i);
            case DIVIDE -> arithmetic.divide(i);
            case SHIFT_BY_CL -> arithmetic.shiftByCl(i);
            case COMPARE_EXCHANGE -> arithmetic.compareExchange(i);
            case COMPARE_EXCHANGE_PAIR -> arithmetic.compareExchangePair(i);
            case BIT -> copies.bit(i);
            case STRING -> strings.emit(i);
            case PUSH -> stack.push(i);
            case POP -> stack.pop(i);
            case LEAVE -> stack.leave();
            case PUSH_FLAGS -> stack.push(system::flags);
            case POP_FLAGS -> stack.pop(system::popFlags);
            case DISABLE_INTERRUPTS -> system.disableInterrupts();
            case ENABLE_INTERRUPTS -> system.enableInterrupts();
            case SELECTOR -> system.selector(i);
            case DIRECTION -> system.direction(i);
            case SWAP_GS -> privilege.swapGs();
            case READ_BASE -> privilege.readBase(i);
            case WRITE_BASE -> privilege.writeBase(i);
            case WRITE_MODEL -> privilege.writeModel();
            case CLOCK -> system.clock(i);
            case ACCESS -> privilege.access(i);
            case SYSCALL -> privilege.syscall(i);
            case SYSRET -> privilege.sysret();
            case INTERRUPT_RETURN -> privilege.interruptReturn();
            case JUMP -> flow.jump(i);
            case JUMP_IF -> flow.jumpIf(i);
            case CALL -> flow.call(i);
            case RETURN -> flow.ret(i);
            case JUMP_INDIRECT -> flow.jumpIndirect(i);
            case CALL_INDIRECT -> flow.callIndirect(i);
        }
    }

    /** The block goes on with one that begins behind it, or with the interpreter. */
    private void end(long rip) {
        e.store(live[count]);
        boolean more = count == MAX_INSTRUCTIONS || straddles || offsets[count] >= PAGE;
        if (more) {
            flow.to(rip, rip - 1, 0);
        } else {
            flow.leave(rip);
        }
    }
}
