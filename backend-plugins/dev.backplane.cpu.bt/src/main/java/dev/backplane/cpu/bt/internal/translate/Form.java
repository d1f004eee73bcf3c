package dev.backplane.cpu.bt.internal.translate;

/** How an instruction is translated. */
enum Form {
    /** Not at all: the interpreter executes it. */
    INTERPRETED,
    /** Does nothing. */
    NOTHING,
    /** The same instruction with other registers and the checked address. */
    COPY,
    /** The same for SSE: host xmm registers are the guest's. */
    SIMD,
    /** The same for AVX: host ymm registers are the guest's. */
    VECTOR,
    ZERO_UPPER,
    /** The same for general registers with a VEX prefix. */
    THREE_OPERANDS,
    /** The same bytes: no operands. */
    VERBATIM,
    LEA,
    CONSTANT,
    OFFSET,
    SWAP_BYTES,
    EXCHANGE_ACCUMULATOR,
    WIDEN,
    WIDEN_PAIR,
    MULTIPLY,
    DIVIDE,
    SHIFT_BY_CL,
    COMPARE_EXCHANGE,
    COMPARE_EXCHANGE_PAIR,
    BIT,
    STRING,
    PUSH,
    POP,
    LEAVE,
    PUSH_FLAGS,
    POP_FLAGS,
    DISABLE_INTERRUPTS,
    ENABLE_INTERRUPTS,
    DIRECTION,
    SELECTOR,
    SWAP_GS,
    READ_BASE,
    WRITE_BASE,
    /** WRMSR. */
    WRITE_MODEL,
    /** RDTSC and RDTSCP: the clock is read outside, and the block gone on with. */
    CLOCK,
    ACCESS,
    SYSCALL,
    SYSRET,
    /** IRET within the kernel. */
    INTERRUPT_RETURN,
    JUMP,
    JUMP_IF,
    CALL,
    RETURN,
    JUMP_INDIRECT,
    CALL_INDIRECT;

    /** Nothing is translated behind it in its block. */
    boolean ends() {
        return switch (this) {
            case JUMP, CALL, RETURN, JUMP_INDIRECT, CALL_INDIRECT, ACCESS, SYSCALL, SYSRET, INTERRUPT_RETURN -> true;
            default -> false;
        };
    }

    /** Tells {@link LastCheck} of each use of scratch registers, and of each guest register that it changes. */
    boolean tellsChanges() {
        return switch (this) {
            case NOTHING, COPY, SIMD, VECTOR, CONSTANT, LEA, PUSH, POP, JUMP_IF -> true;
            default -> false;
        };
    }

    /** It may leave emitted code, beside by its memory operand. */
    boolean leaves() {
        return switch (this) {
            case DIVIDE,
                    PUSH_FLAGS,
                    POP_FLAGS,
                    ENABLE_INTERRUPTS,
                    PUSH,
                    POP,
                    LEAVE,
                    CALL,
                    RETURN,
                    JUMP_INDIRECT,
                    CALL_INDIRECT,
                    OFFSET,
                    STRING,
                    READ_BASE,
                    WRITE_BASE,
                    WRITE_MODEL,
                    CLOCK,
                    ACCESS,
                    SYSCALL,
                    SYSRET,
                    INTERRUPT_RETURN -> true;
            default -> false;
        };
    }
}
