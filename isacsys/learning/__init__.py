"""Networks controlled by an agent: environments of Gymnasium and PettingZoo (extra ``learn``).

`NetworkEnv`, registered as ``isacsys/Network-v0``, is one agent for the network; `parallel_env` an agent a cell. What
an agent decides (`Act`), sees (`Observation`) and is paid for (`Reward`) are small objects, one of the built-in ones by
its name or one of a user's own.
"""

try:
    import gymnasium
except ImportError:
    raise ImportError("environments need gymnasium: pip install \"isacsys[learn]\"") from None

from isacsys.learning.acts import ACTS, Act, Decision
from isacsys.learning.environment import ENTRY_POINT, ID, NetworkEnv
from isacsys.learning.observations import OBSERVATIONS, REWARDS, Observation, Reward
from isacsys.learning.parallel_cells import CellsEnv, parallel_env
from isacsys.learning.vector_environment import VECTOR_ENTRY_POINT, NetworkVectorEnv
from isacsys.learning.view import AgentView

if ID not in gymnasium.registry:
    gymnasium.register(ID, entry_point=ENTRY_POINT, vector_entry_point=VECTOR_ENTRY_POINT)

__all__ = ["ACTS", "ID", "OBSERVATIONS", "REWARDS", "Act", "AgentView", "CellsEnv", "Decision", "NetworkEnv",
           "NetworkVectorEnv", "Observation", "Reward", "parallel_env"]
