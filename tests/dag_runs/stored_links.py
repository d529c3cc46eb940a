"""Write the links that Airflow's UI shows for the tasks of the newest run of a DAG.

As the web server does: from the serialised DAG, without the operators' code.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.models import DagBag
from airflow.models.taskinstance import TaskInstance
from airflow.serialization import serialized_objects
from airflow.utils.session import create_session


def main(dag_id: str) -> None:
    # Named differently on Airflow 2.11 and before 3.2.
    names: Any = vars(serialized_objects)
    serialization = names.get("DagSerialization") or names["SerializedDAG"]
    serialised = serialization.to_dict(DagBag().get_dag(dag_id))
    dag = serialization.from_dict(json.loads(json.dumps(serialised)))
    found = {}
    with create_session() as session:
        for ti in session.query(TaskInstance).filter(TaskInstance.dag_id == dag_id):
            task = dag.get_task(ti.task_id)
            links = {name: task.get_extra_links(ti, name) for name in task.extra_links}
            found[f"{ti.task_id} {ti.map_index}"] = links
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
