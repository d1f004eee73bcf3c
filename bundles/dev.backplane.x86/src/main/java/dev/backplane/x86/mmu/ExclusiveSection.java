package dev.backplane.x86.mmu;

import java.util.concurrent.locks.ReentrantLock;

/** Where locked accesses go that no host instruction does in one piece: those across alignment, and 16 bytes. */
final class ExclusiveSection {
    private final ReentrantLock lock = new ReentrantLock();

    void enter() {
        lock.lock();
    }

    void leave() {
        lock.unlock();
    }
}
