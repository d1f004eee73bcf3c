package dev.backplane.storage.vdi.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.image.JudgedContract;
import java.util.List;
import java.util.Map;

class JudgedTest extends JudgedContract<VdiOptions, VdiState> {
    @Override
    protected String qemuFormat() {
        return "vdi";
    }

    @Override
    protected StorageOpener<VdiOptions, VdiState> opener() {
        return new VdiFormat();
    }

    @Override
    protected VdiOptions options(List<StorageRef> parts) {
        return new VdiOptions(IMAGE);
    }

    @Override
    protected List<String> variants() {
        return List.of("", "static=on");
    }

    @Override
    protected Map<String, Creation> creations() {
        return Map.of(
                "dynamic", target -> new VdiFormat().create(new VdiCreation(false), target),
                "static", target -> new VdiFormat().create(new VdiCreation(true), target));
    }
}
