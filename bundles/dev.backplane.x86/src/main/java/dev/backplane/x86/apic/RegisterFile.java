package dev.backplane.x86.apic;

/** The registers of a local APIC as software sees them: in a page (12.4.1) or as MSRs (12.12.1). Its vCPU's thread. */
final class RegisterFile {
    /** What {@link #readMsr} returns where RDMSR faults; every register is narrower. */
    static final long FAULT = -1;

    private static final int X2_ICR = ApicRegister.ICR_LOW;
    private static final int SVR_WRITABLE = 0x3ff;
    /** Delivery status and remote IRR: read-only, yet software writes back what it read. */
    private static final int LVT_STATUS = 1 << 12 | 1 << 14;

    private final LocalApic apic;

    RegisterFile(LocalApic apic) {
        this.apic = apic;
    }

    long readPage(int offset, int size) {
        int register = offset & 0xff0;
        int within = offset & 0xf;
        if (within + size > 4) {
            return 0;
        }
        long value = read(register) >>> (within << 3);
        return size == 4 ? value : value & (1L << (size << 3)) - 1;
    }

    /** Registers are written as aligned doublewords; anything else is undefined (12.4.1) and here without effect. */
    void writePage(int offset, int size, long value) {
        if ((offset & 0xf) == 0 && size == 4) {
            write(offset, (int) value);
        }
    }

    private long read(int register) {
        return switch (register) {
            case ApicRegister.DFR -> apic.destination().format() & 0xffff_ffffL;
            case ApicRegister.ICR_HIGH -> apic.command().high() & 0xffff_ffffL;
            case ApicRegister.APR, ApicRegister.RRD, ApicRegister.EOI -> 0;
            default -> {
                long value = readCommon(register);
                if (value == FAULT) {
                    apic.reportError(ErrorStatus.ILLEGAL_REGISTER);
                    yield 0;
                }
                yield value;
            }
        };
    }

    private void write(int register, int value) {
        switch (register) {
            case ApicRegister.TPR -> apic.setTaskPriority(value);
            case ApicRegister.EOI -> apic.endOfInterrupt();
            case ApicRegister.LDR -> apic.destination().setLogical(value & 0xff00_0000);
            case ApicRegister.DFR -> apic.destination().setFormat(value | 0x0fff_ffff);
            case ApicRegister.SVR -> apic.setSpurious(value & SVR_WRITABLE);
            case ApicRegister.ESR -> apic.errors().latch();
            case ApicRegister.ICR_LOW ->
                apic.command().send(value, apic.command().high());
            case ApicRegister.ICR_HIGH -> apic.command().setHigh(value & 0xff00_0000);
            case ApicRegister.INITIAL_COUNT -> apic.timer().setInitialCount(value & 0xffff_ffffL);
            case ApicRegister.DIVIDE -> apic.timer().setDivideConfiguration(value);
            case ApicRegister.ID, ApicRegister.VERSION, ApicRegister.CURRENT_COUNT -> {
                // Read-only.
            }
            default -> {
                if (LocalVectorTable.contains(register)) {
                    apic.setLocalVector(register, value);
                } else {
                    apic.reportError(ErrorStatus.ILLEGAL_REGISTER);
                }
            }
        }
    }

    long readMsr(int register) {
        return register == X2_ICR
                ? (long) apic.command().high() << 32 | apic.command().low() & 0xffff_ffffL
                : readCommon(register);
    }

    /** Returns false where WRMSR faults (12.12.1.3). */
    boolean writeMsr(int register, long value) {
        if (register == X2_ICR) {
            if ((value & 0xffff_ffffL & ~CommandRegister.WRITABLE) != 0) {
                return false;
            }
            apic.command().send((int) value, (int) (value >>> 32));
            return true;
        }
        if ((value & ~writableMsrBits(register)) != 0) {
            return false;
        }
        switch (register) {
            case ApicRegister.EOI, ApicRegister.ESR -> write(register, 0);
            case ApicRegister.SELF_IPI -> apic.command().sendToSelf((int) value);
            case ApicRegister.TPR, ApicRegister.SVR, ApicRegister.INITIAL_COUNT, ApicRegister.DIVIDE ->
                write(register, (int) value);
            default -> {
                if (!LocalVectorTable.contains(register)) {
                    return false;
                }
                apic.setLocalVector(register, (int) value);
            }
        }
        return true;
    }

    private static long writableMsrBits(int register) {
        return switch (register) {
            case ApicRegister.TPR, ApicRegister.SELF_IPI -> 0xff;
            case ApicRegister.SVR -> SVR_WRITABLE;
            case ApicRegister.INITIAL_COUNT -> 0xffff_ffffL;
            case ApicRegister.DIVIDE -> 0b1011;
            default -> LocalVectorTable.contains(register) ? LocalVectorTable.writable(register) | LVT_STATUS : 0;
        };
    }

    /** The registers that both forms show. */
    private long readCommon(int register) {
        return switch (register) {
            case ApicRegister.ID -> apic.isX2() ? apic.id() : (long) apic.id() << 24 & 0xffff_ffffL;
            case ApicRegister.VERSION -> ApicRegister.VERSION_VALUE;
            case ApicRegister.TPR -> apic.vectors().taskPriority();
            case ApicRegister.PPR -> apic.vectors().processorPriority();
            case ApicRegister.LDR -> apic.destination().logical() & 0xffff_ffffL;
            case ApicRegister.SVR -> apic.spurious();
            case ApicRegister.ESR -> apic.errors().shown();
            case ApicRegister.ICR_LOW -> apic.command().low() & 0xffff_ffffL;
            case ApicRegister.INITIAL_COUNT -> apic.timer().initialCount();
            case ApicRegister.CURRENT_COUNT -> apic.timer().currentCount();
            case ApicRegister.DIVIDE -> apic.timer().divideConfiguration();
            default -> {
                if (LocalVectorTable.contains(register)) {
                    yield apic.table().get(register);
                }
                yield switch (register & 0xf80) {
                    case ApicRegister.ISR -> apic.vectors().isr().register(register >>> 4 & 7) & 0xffff_ffffL;
                    case ApicRegister.TMR -> apic.vectors().tmr().register(register >>> 4 & 7) & 0xffff_ffffL;
                    case ApicRegister.IRR -> apic.vectors().irr().register(register >>> 4 & 7) & 0xffff_ffffL;
                    default -> FAULT;
                };
            }
        };
    }
}
