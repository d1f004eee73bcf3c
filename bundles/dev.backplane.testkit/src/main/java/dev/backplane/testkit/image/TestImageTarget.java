package dev.backplane.testkit.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.TestMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where a new image goes: into a machine's disks in memory. Further files are those that a reference with their name means. */
public final class TestImageTarget implements ImageTarget {
    private final TestMachine machine;
    private final StorageRef image;
    private final String name;
    private final long capacityBytes;
    private final List<StorageRef> siblings = new ArrayList<>();

    /**
     * A new image.
     *
     * @param machine has the disks
     * @param image the reference to it, emptied
     * @param name what its file is called
     * @param capacityBytes the length of the disk
     */
    public TestImageTarget(TestMachine machine, StorageRef image, String name, long capacityBytes) {
        this.machine = machine;
        this.image = image;
        this.name = name;
        this.capacityBytes = capacityBytes;
        machine.storage(image).resize(0);
    }

    @Override
    public ResizableStorage image() {
        return machine.storage(image);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ResizableStorage sibling(String sibling) throws ConfigurationException {
        if (sibling.isEmpty() || sibling.contains("/") || sibling.equals(name)) {
            throw new ConfigurationException(sibling + ": not a plain name of another file");
        }
        StorageRef reference = new StorageRef(sibling);
        siblings.add(reference);
        MemoryStorage storage = machine.storage(reference);
        storage.resize(0);
        return storage;
    }

    /**
     * The further files.
     *
     * @return references to them, in the order in which they were made
     */
    public List<StorageRef> siblings() {
        return List.copyOf(siblings);
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public Optional<BackingImage> backing() {
        return Optional.empty();
    }
}
