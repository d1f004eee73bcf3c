package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.vhd.internal.VhdCreation.Subformat;
import dev.backplane.testkit.image.JudgedContract;
import java.util.List;
import java.util.Map;

class JudgedTest extends JudgedContract<VhdOptions, VhdState> {
    @Override
    protected String qemuFormat() {
        return "vpc";
    }

    @Override
    protected StorageOpener<VhdOptions, VhdState> opener() {
        return new VhdFormat();
    }

    @Override
    protected VhdOptions options(List<StorageRef> parts) {
        return new VhdOptions(IMAGE);
    }

    @Override
    protected List<String> variants() {
        return List.of("", "force_size=on", "subformat=fixed", "subformat=fixed,force_size=on");
    }

    @Override
    protected boolean isChecked() {
        return false;
    }

    @Override
    protected Map<String, Creation> creations() {
        return Map.of(
                "dynamic", target -> new VhdFormat().create(new VhdCreation(Subformat.DYNAMIC), target),
                "fixed", target -> new VhdFormat().create(new VhdCreation(Subformat.FIXED), target));
    }
}
