package dev.backplane.x86.mmu;

import static dev.backplane.x86.state.Bits.CR0_PG;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Vector;
import java.lang.foreign.MemorySegment;

/**
 * Address translation of one vCPU: its TLBs, and every access that their fast paths do not cover (misses, page crossings,
 * devices, pages that hold decoded code). Runs on the vCPU's thread.
 */
public final class Mmu {
    /** Access bits as a page fault's error code has them: write, user, instruction fetch. */
    public static final int W = 2;

    public static final int U = 4;
    public static final int I = 16;

    /** Supervisor access while EFLAGS.AC suspends SMAP; never part of an error code. */
    static final int AC = 1 << 8;

    // The TLBs: see set().
    public static final int SUPERVISOR = 0;
    /** With EFLAGS.AC, which suspends SMAP. */
    public static final int SUPERVISOR_AC = 1;

    public static final int USER = 2;
    private static final int[] RIGHTS = {0, AC, U};

    /** How many TLBs there are: supervisor, supervisor with EFLAGS.AC, user. */
    public static final int SETS = 3;

    public static final int SLOTS = Tlb.SLOTS;
    public static final int SLOT_BYTES = 32;

    private static final int PAGE = GuestRam.PAGE_BYTES;
    private static final short NEVER = 0;
    private static final short SEVERAL = -1;

    private final MemoryPort c;
    private final GuestRam guestRam;
    private final int index;
    private final PageWalk walk;
    private final Tlb[] tlbs = {new Tlb(), new Tlb(), new Tlb()};
    private final TlbContexts contexts = new TlbContexts(tlbs);
    /** Never filled, so that every access takes the slow way, which looks at alignment. */
    private final Tlb unaligned = new Tlb();

    /**
     * By page of RAM: the number plus 1 of the slot that has had its write entry since the last {@link #protect}, here or in a
     * context that is away, or one of these.
     */
    private final short[] writeSlots;

    private int current = SUPERVISOR;
    private boolean alignmentChecked;
    private final PageMailbox mailbox;
    private final Watchpoints watchpoints;
    private final StopPoints stopPoints;
    private volatile CodeWatch watch = CodeWatch.NONE;
    private TranslationWatch translations = TranslationWatch.NONE;

    Mmu(MemoryPort c, GuestRam guestRam, int index) {
        this.c = c;
        this.guestRam = guestRam;
        this.index = index;
        walk = new PageWalk(c, this, guestRam);
        writeSlots = new short[(int) (c.ram.byteSize() / PAGE)];
        mailbox = new PageMailbox(c);
        watchpoints = new Watchpoints(c);
        stopPoints = new StopPoints(c);
        guestRam.join(this);
    }

    int index() {
        return index;
    }

    PageMailbox mailbox() {
        return mailbox;
    }

    /** Who is told about stores into pages for which it holds decoded code. */
    public void watch(CodeWatch watch) {
        this.watch = watch;
    }

    /** Who is told when translations are dropped. */
    public void watch(TranslationWatch watch) {
        translations = watch;
    }

    /**
     * Keeps copies of the TLBs for machine code. Each slot has {@link #SLOT_BYTES}: the tags for reading, writing and executing,
     * and the host address of the page. An address's slot number is the low bits of its page number; tag xor address is below
     * 4096 exactly on a hit.
     *
     * @param copies one segment for each of the {@link #SETS}, of {@link #SLOTS} slots
     */
    public void mirror(MemorySegment[] copies) {
        for (int n = 0; n < SETS; n++) {
            tlbs[n].mirror(copies[n], c.ram.address());
        }
    }

    /** The TLB of the current privilege: {@link #SUPERVISOR}, {@link #SUPERVISOR_AC} or {@link #USER}. */
    public int set() {
        return current;
    }

    /** Whether unaligned accesses fault at the current privilege. */
    public boolean alignmentChecked() {
        return alignmentChecked;
    }

    /**
     * Brings the translation of an address into the TLB, for {@code access} 0 or {@link #W}. Throws the page fault. False where
     * every such access takes the slow way: devices, guarded and watched pages.
     */
    public boolean fill(long linear, int access) {
        resolve(linear, access, current);
        int kind = access == W ? Tlb.WRITE : Tlb.READ;
        return (tlbs[current].entries[Tlb.slot(linear) + kind] ^ linear) >>> GuestRam.PAGE_SHIFT == 0;
    }

    /** Whether code at an address that was resolved just now stays executable when the address space changes. */
    public boolean executableEverywhere(long linear) {
        return tlbs[current].executableEverywhere(linear);
    }

    long[] entries(int set) {
        return tlbs[set].entries;
    }

    // ---- what changes translations ----------------------------------------------------------------------------------

    /** To be called after CPL, EFLAGS.AC, CR0.PG, CR0.AM or CR4.SMAP changed: chooses the TLB of the current privilege. */
    public void privilegeChanged() {
        current = c.cpl == 3
                ? USER
                : (c.systemFlags & Bits.AC) != 0 && (c.cr4 & Bits.CR4_SMAP) != 0 ? SUPERVISOR_AC : SUPERVISOR;
        alignmentChecked = current == USER && (c.cr0 & Bits.CR0_AM) != 0 && (c.systemFlags & Bits.AC) != 0;
        c.tlb = alignmentChecked ? unaligned.entries : tlbs[current].entries;
    }

    /** To be called after DR7, or DR0 to DR3 with DR7 in force, changed. */
    public void breakpointsChanged() {
        c.debugging = watchpoints.any();
        flushAll();
    }

    /** The breakpoints in the debug registers. */
    public Watchpoints watchpoints() {
        return watchpoints;
    }

    /** A debugger's break- and watchpoints. After a change of them flush the TLB. */
    public StopPoints stopPoints() {
        return stopPoints;
    }

    /** Drops all but global translations of the current address space: a write to CR3. */
    public void flushLocal() {
        for (Tlb tlb : tlbs) {
            tlb.flushLocal();
        }
        translations.flushedLocal();
    }

    /** Drops all translations: CR0.PG, CR0.WP, CR4 or EFER.NXE changed. */
    public void flushAll() {
        for (Tlb tlb : tlbs) {
            tlb.clear();
        }
        translations.flushedAll();
        contexts.forgetAll();
    }

    /**
     * MOV to CR3 with CR4.PCIDE: the address space of another process-context identifier becomes the current one.
     *
     * @param keep bit 63: what is known of the next one stays valid
     */
    public void switchContext(int current, int next, boolean keep) {
        if (current != next) {
            contexts.exchange(current, next, keep);
            translations.flushedLocal();
        } else if (!keep) {
            flushLocal();
        }
    }

    /** Drops the translations of an address space that is not the current one. */
    public void forgetContext(int identifier) {
        contexts.forget(identifier);
    }

    /** Drops the translations of all address spaces but for global ones. */
    public void flushContexts() {
        flushLocal();
        contexts.forgetAll();
    }

    /** INVLPG. */
    public void invalidate(long linear) {
        boolean large = false;
        for (Tlb tlb : tlbs) {
            large |= tlb.invalidate(linear);
        }
        if (large) {
            translations.flushedAll();
        } else {
            translations.invalidated(linear);
        }
    }

    /** Takes every write entry for a page of RAM away, because it holds code now. */
    void protect(long offset) {
        int page = (int) (offset >>> GuestRam.PAGE_SHIFT);
        short slot = writeSlots[page];
        if (slot == NEVER) {
            return;
        }
        writeSlots[page] = NEVER;
        for (Tlb tlb : tlbs) {
            if (slot == SEVERAL) {
                tlb.protect(offset);
            } else {
                tlb.protect(offset, slot - 1);
            }
        }
        contexts.withdrawWrites();
    }

    /** Takes all write entries away, because dirty bits were cleared. */
    void protectAll() {
        for (Tlb tlb : tlbs) {
            tlb.protectAll();
        }
        contexts.withdrawWrites();
    }

    // ---- translation ------------------------------------------------------------------------------------------------

    /**
     * Translates for an access at the current privilege; {@code access} is 0, {@link #W} or {@link #I}. Returns the offset in
     * guest RAM, or {@code -1 - address} where the guest-physical address is no RAM.
     */
    public long resolve(long linear, int access) {
        return resolve(linear, access, current);
    }

    private long resolve(long linear, int access, int set) {
        Tlb tlb = tlbs[set];
        long[] entries = tlb.entries;
        int slot = Tlb.slot(linear);
        int kind = access == W ? Tlb.WRITE : access == I ? Tlb.EXECUTE : Tlb.READ;
        if ((entries[slot + kind] ^ linear) >>> GuestRam.PAGE_SHIFT == 0) {
            return linear + entries[slot + Tlb.ADDEND];
        }
        walk.walk(linear, access | RIGHTS[set]);
        if (c.tracer != null) {
            c.tracer.translated(linear, walk.frame, access | RIGHTS[set] & U);
        }
        long offset = guestRam.offset(walk.frame);
        if (offset < 0) {
            return -1 - (walk.frame | linear & PAGE - 1);
        }
        boolean write = access == W && !guarded(offset);
        if (access == W) {
            guestRam.markDirty(offset);
        }
        if (write) {
            int page = (int) (offset >>> GuestRam.PAGE_SHIFT);
            short used = (short) (Tlb.number(linear) + 1);
            writeSlots[page] = writeSlots[page] == NEVER || writeSlots[page] == used ? used : SEVERAL;
        }
        boolean watched = c.debugging && watchpoints.watches(linear) || c.watched && stopPoints.watches(linear);
        tlb.fill(
                linear, offset, walk.readable && !watched, write && !watched, walk.executable, walk.global, walk.large);
        return offset | linear & PAGE - 1;
    }

    /** The next linear address outside of 64-bit mode wraps at 4 GiB. */
    public long wrap(long linear) {
        return (c.efer & Bits.EFER_LMA) != 0 ? linear : linear & 0xFFFFFFFFL;
    }

    // ---- slow accesses ----------------------------------------------------------------------------------------------

    void probe(long linear, int length, int access) {
        probe(linear, length, access, current);
    }

    void systemProbe(long linear, int length, int access) {
        probe(linear, length, access, SUPERVISOR);
    }

    private void probe(long linear, int length, int access, int set) {
        resolve(linear, access, set);
        long last = wrap(linear + length - 1);
        for (long page = wrap((linear | PAGE - 1) + 1); ((page ^ last) & -PAGE) == 0; page = wrap(page + PAGE)) {
            resolve(page, access, set);
            if (((page ^ last) & -PAGE) == 0) {
                return;
            }
        }
    }

    /** #AC where alignment is checked and missing: before a page fault, as processors do it. */
    public void checkAlignment(long linear, int size) {
        if (alignmentChecked && (linear & size - 1) != 0) {
            walk.checkCanonical(linear);
            walk.checkCanonical(linear + size - 1);
            throw c.fault(Vector.AC, 0);
        }
    }

    long load(long linear, int size) {
        checkAlignment(linear, size);
        return load(linear, size, current);
    }

    /** A load whose alignment does not matter even where it is checked: a part of an operand that has its own rule. */
    public long loadPart(long linear, int size) {
        return load(linear, size, current);
    }

    /** The same of a store. */
    public void storePart(long linear, int size, long value) {
        store(linear, size, value, current);
    }

    long systemLoad(long linear, int size) {
        return load(linear, size, SUPERVISOR);
    }

    private long load(long linear, int size, int set) {
        if ((linear & PAGE - 1) > PAGE - size) {
            long value = 0;
            for (int i = 0; i < size; i++) {
                value |= load(wrap(linear + i), 1, set) << (i << 3);
            }
            return value;
        }
        long offset = resolve(linear, 0, set);
        if (c.debugging || c.watched) {
            watched(linear, size, false);
        }
        return offset >= 0 ? c.get(offset, size) : c.platform.mmioRead(-1 - offset, size);
    }

    void store(long linear, int size, long value) {
        checkAlignment(linear, size);
        store(linear, size, value, current);
    }

    void systemStore(long linear, int size, long value) {
        store(linear, size, value, SUPERVISOR);
    }

    private void store(long linear, int size, long value, int set) {
        if ((linear & PAGE - 1) > PAGE - size) {
            probe(linear, size, W, set);
            for (int i = 0; i < size; i++) {
                store(wrap(linear + i), 1, value >>> (i << 3) & 0xFF, set);
            }
            return;
        }
        long offset = resolve(linear, W, set);
        if (c.debugging || c.watched) {
            watched(linear, size, true);
        }
        if (offset < 0) {
            c.platform.mmioWrite(-1 - offset, size, size == 8 ? value : value & (1L << (size << 3)) - 1);
            return;
        }
        if (!guarded(offset)) {
            c.put(offset, size, value);
        } else if (!guestRam.shared(offset)) {
            c.put(offset, size, value);
            codeWritten(offset, size);
        } else {
            guestRam.exclusive.lock();
            try {
                c.put(offset, size, value);
            } finally {
                guestRam.exclusive.unlock();
            }
            codeWritten(offset, size);
        }
    }

    /** Tells the breakpoints of the guest and those of a debugger of an access. */
    void watched(long linear, int size, boolean write) {
        if (c.debugging) {
            watchpoints.access(linear, size, write);
        }
        if (c.watched) {
            stopPoints.access(linear, size, write);
        }
    }

    void systemOr(long linear, int bits) {
        long offset = resolve(linear, W, SUPERVISOR);
        if (c.watched) {
            stopPoints.access(linear, 4, true);
        }
        if (offset < 0 || (offset & 3) != 0) {
            systemStore(linear, 4, systemLoad(linear, 4) | bits);
            return;
        }
        long old;
        do {
            old = c.get32(offset);
        } while (!compareAndSet(offset, 4, old, old | bits));
    }

    /** A compare and set in a page that may be guarded. */
    boolean compareAndSet(long offset, int size, long expected, long value) {
        if (!guarded(offset)) {
            return c.compareAndSet(offset, size, expected, value);
        }
        boolean shared = guestRam.shared(offset);
        if (shared) {
            guestRam.exclusive.lock();
        }
        boolean done;
        try {
            done = c.compareAndSet(offset, size, expected, value);
        } finally {
            if (shared) {
                guestRam.exclusive.unlock();
            }
        }
        if (done) {
            codeWritten(offset, size);
        }
        return done;
    }

    /**
     * Begins an access to an operand of 16 bytes, or across its alignment, in one piece, to addresses that were probed for
     * writing: until {@link #exclusiveLeave} no other vCPU writes to its pages.
     */
    public void exclusiveEnter(long linear, int length) {
        long last = wrap(linear + length - 1);
        if (resolve(linear, W) < 0 || resolve(last, W) < 0) {
            // A device's registers, which may hang, cannot be kept from others anyway.
            return;
        }
        if (!guestRam.single()) {
            share(linear);
            share(last);
        }
        guestRam.exclusive.lock();
    }

    private void share(long linear) {
        long offset = resolve(linear, W);
        if (offset >= 0 && !guestRam.shared(offset)) {
            guestRam.share(offset, this);
        }
    }

    /** Ends it. */
    public void exclusiveLeave() {
        if (guestRam.exclusive.isHeldByCurrentThread()) {
            guestRam.exclusive.unlock();
        }
    }

    // ---- pages with code, and what other threads ask for
    // --------------------------------------------------------------

    /** Whether a write to the page needs care, and its TLB entry does not allow writing. */
    boolean guarded(long offset) {
        return guestRam.guarded(offset);
    }

    /** The engine is about to decode code in a page: from here on stores to it are reported. */
    public void watchPage(long offset) {
        guestRam.addCodeOwner(offset, this);
    }

    /** One who made code from a page holds none of it any more: it is watched no longer unless another does. */
    public void unwatchPage(long offset) {
        if (!watch.covers(offset & -PAGE, PAGE)) {
            guestRam.removeCodeOwner(offset, this);
        }
    }

    /** Bytes in a guarded page were written by this vCPU. */
    public void codeWritten(long offset, int length) {
        watch.written(offset, length);
        if (!guestRam.single()) {
            guestRam.written(offset, length, this);
        }
    }

    /** Bytes that this vCPU may have decoded were written. Any thread, after a full fence. */
    void tellWritten(long offset, long length) {
        if (watch.covers(offset, length)) {
            mailbox.postWritten(offset, length);
        }
    }

    /** Whether the partition has no other vCPU. */
    public boolean alone() {
        return guestRam.single();
    }

    /** The vCPU's thread enters or leaves the engine. */
    public void running(boolean now) {
        mailbox.running(now);
    }

    /**
     * The vCPU's thread is about to call a device, which may hang: nobody has to wait for it before they use their memory. For
     * {@link #back}, returns whether it was in the engine.
     */
    public boolean away() {
        boolean before = mailbox.isRunning();
        mailbox.running(false);
        return before;
    }

    /** The device has answered. What others asked for meanwhile is done before the vCPU touches memory again. */
    public void back(boolean running) {
        mailbox.running(running);
        if (running && c.isRequested(Registers.PAGES)) {
            mailbox.serveProtection(this);
        }
    }

    /** Does what other threads asked for with {@code PAGES}. Between two blocks. */
    public void serveMailbox() {
        mailbox.serveProtection(this);
        mailbox.serveWritten(watch);
    }

    void serveProtection() {
        mailbox.serveProtection(this);
    }

    /** Whether paging is on. */
    public boolean paging() {
        return (c.cr0 & CR0_PG) != 0;
    }
}
